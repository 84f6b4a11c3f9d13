r"""Chemistry on paper: mhchem's `\ce` in commands that can be drawn."""

from __future__ import annotations

import pytest

from builder.markdown.chemistry import with_chemistry
from builder.markdown.maths import MathsError, draw


@pytest.mark.parametrize(
    ("formula", "tex"),
    [
        ("H2O", r"\mathrm{H}_{2}\mathrm{O}"),
        ("Fe2(SO4)3", r"\mathrm{Fe}_{2}(\mathrm{S}\mathrm{O}_{4})_{3}"),
        ("Na+", r"\mathrm{Na}^{+}"),
        ("OH-", r"\mathrm{O}\mathrm{H}^{-}"),
        ("SO4^2-", r"\mathrm{S}\mathrm{O}_{4}^{2-}"),
        ("SO4^{2-}", r"\mathrm{S}\mathrm{O}_{4}^{2-}"),
        ("[AgCl2]-", r"[\mathrm{Ag}\mathrm{Cl}_{2}]^{-}"),
        ("^{14}_{6}C", r"{}^{14}_{\phantom{0}6}\mathrm{C}"),
        ("^14C", r"{}^{14}\mathrm{C}"),
        ("2 H2O", r"2\,\mathrm{H}_{2}\mathrm{O}"),
        ("2H2O", r"2\,\mathrm{H}_{2}\mathrm{O}"),
        ("1/2 O2", r"\tfrac{1}{2}\,\mathrm{O}_{2}"),
        ("n H2O", r"n\,\mathrm{H}_{2}\mathrm{O}"),
        ("NO_x", r"\mathrm{N}\mathrm{O}_{x}"),
        ("Fe^{III}", r"\mathrm{Fe}^{\mathrm{III}}"),
        ("NaCl(aq)", r"\mathrm{Na}\mathrm{Cl}\mathrm{(aq)}"),
        ("CuSO4*5H2O", r"\mathrm{Cu}\mathrm{S}\mathrm{O}_{4}\cdot 5\,\mathrm{H}_{2}\mathrm{O}"),
        ("CH2=CH2", r"\mathrm{C}\mathrm{H}_{2}{=}\mathrm{C}\mathrm{H}_{2}"),
        ("A + B", r"\mathrm{A}+\mathrm{B}"),
        ("A -> B", r"\mathrm{A}\;\longrightarrow\;\mathrm{B}"),
        ("A <=> B", r"\mathrm{A}\;\rightleftharpoons\;\mathrm{B}"),
        ("A ->[H2O] B", r"\mathrm{A}\;\xrightarrow[]{\mathrm{H}_{2}\mathrm{O}}\;\mathrm{B}"),
        ("A ->[{heat}][$x$] B", r"\mathrm{A}\;\xrightarrow[x]{\text{heat}}\;\mathrm{B}"),
        ("AgCl v", r"\mathrm{Ag}\mathrm{Cl}\downarrow"),
        ("H2 ^", r"\mathrm{H}_{2}\uparrow"),
        ("^{99m}Tc", r"{}^{99m}\mathrm{Tc}"),
        ("^0_-1e", r"{}^{\phantom{0}0}_{-1}\mathrm{e}"),
        ("CH3^.", r"\mathrm{C}\mathrm{H}_{3}^{\bullet }"),
        ("CuSO4.5H2O", r"\mathrm{Cu}\mathrm{S}\mathrm{O}_{4}\cdot 5\,\mathrm{H}_{2}\mathrm{O}"),
        ("CuSO4 * 5 H2O", r"\mathrm{Cu}\mathrm{S}\mathrm{O}_{4}\cdot 5\,\mathrm{H}_{2}\mathrm{O}"),
        ("0.5 O2", r"0.5\,\mathrm{O}_{2}"),
        ("$n$ H2O", r"{n}\,\mathrm{H}_{2}\mathrm{O}"),
        ("t-BuOH", r"t{-}\mathrm{Bu}\mathrm{O}\mathrm{H}"),
        (r"A\bond{...}B", r"\mathrm{A}{\cdots}\mathrm{B}"),
        ("A → B", r"\mathrm{A}\;\longrightarrow\;\mathrm{B}"),
        ("A <=>[k1][k2] B", r"\mathrm{A}\;\xrightleftharpoons[\mathrm{k}_{2}]{\mathrm{k}_{1}}\;\mathrm{B}"),
        (
            r"A ->[\ce{H+}][170 °C] B",
            r"\mathrm{A}\;\xrightarrow[\text{170 °C}]{\mathrm{H}^{+}}\;\mathrm{B}",
        ),
        ("Fe^3+ + e- -> Fe^2+", r"\mathrm{Fe}^{3+}+\mathrm{e}^{-}\;\longrightarrow\;\mathrm{Fe}^{2+}"),
    ],
)
def test_a_formula_of_mhchem_is_drawn_as_other_tex(formula: str, tex: str) -> None:
    assert with_chemistry(rf"x \ce{{{formula}}} y") == f"x {{{tex}}} y"
    drawn, other = (draw(each, is_display=True) for each in (rf"\ce{{{formula}}}", f"{{{tex}}}"))
    assert drawn.partition("src=")[2] == other.partition("src=")[2]
    assert "\\ce{" in drawn.partition("style=")[0], "what is read aloud is what was written"


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "A ->[[x]] B",
        "A <=>> B",
        "A\\bond{~}B",
        "{text}",
        "A <--> B",
        "A <<=> B",
        "5 ° _",
        "+x",
        "H2O%",
        "\\nonsense",
        "A^",
    ],
)
def test_what_is_not_known_is_not_guessed(formula: str) -> None:
    assert with_chemistry(rf"\ce{{{formula}}}") is None
    with pytest.raises(MathsError, match=r"'\\ce' is not known"):
        draw(rf"\ce{{{formula}}}", is_display=False)


@pytest.mark.parametrize(
    ("quantity", "tex"),
    [
        ("123 kJ", r"123\,\mathrm{kJ}"),
        ("kJ mol-1", r"\mathrm{kJ}\,\mathrm{mol}^{-1}"),
        ("9.81 m/s^2", r"9.81\,\mathrm{m}/\mathrm{s}^{2}"),
        ("1,5 mg", r"1{,}5\,\mathrm{mg}"),
        ("1.2e-3 J*s", r"1.2\cdot 10^{-3}\,\mathrm{J}{\cdot}\mathrm{s}"),
        ("1.2*10^3 mmHg", r"1.2\cdot 10^{3}\,\mathrm{mmHg}"),
        ("37 °C", r"37\,{}^{\circ}\mathrm{C}"),
        ("5 µg", r"5\,\mu\mathrm{g}"),
        (r"5 \mu g", r"5\,\mu \mathrm{g}"),
    ],
)
def test_a_number_with_its_unit_is_drawn(quantity: str, tex: str) -> None:
    assert with_chemistry(rf"\pu{{{quantity}}}") == f"{{{tex}}}"
    draw(rf"\pu{{{quantity}}}", is_display=False)


@pytest.mark.parametrize("quantity", ["", "5 %", "10^3 J", "12 J//mol", "5 {g}", "1.2.3 J", "/s"])
def test_a_unit_that_is_not_known_is_not_guessed(quantity: str) -> None:
    assert with_chemistry(rf"\pu{{{quantity}}}") is None


def test_units_take_time_like_their_number() -> None:
    assert with_chemistry(r"\pu{" + "a" * 4000 + "!}") is None
    assert with_chemistry(r"\pu{" + "a " * 2000 + "!}") is None
    assert with_chemistry(r"\pu{" + "a1" * 2000 + "!}") is None


def test_other_tex_stays_as_it_is() -> None:
    assert with_chemistry(r"\frac{1}{2} \cell \text{\{}") == r"\frac{1}{2} \cell \text{\{}"
    assert with_chemistry(r"\ce{H2") is None
