"""Five tasks of people who know the README, each as a script that a person could follow."""
