"""What authors start from and look at: a new corpus, a new question, how much there is."""
