"""Labels: the fixed words on cards and pages, in the language of a corpus.

`[labels]` in deck.toml replaces them, and adds those of other languages. Titles of callouts were compared
with those of docutils and Sphinx (docs/facts/labels.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The fixed words on cards and pages; titles of the standard sections, as chapters may write them."""

    why: str = "Why interviewers ask"
    weak_answer: str = "A weak answer"
    pitfall: str = "Pitfall"
    follow_up: str = "Follow-up"
    read_more: str = "Read more"
    on_paper: str = "On paper"
    in_one_breath: str = "In one breath"
    details: str = "Details"
    what_is_this: str = "What is this?"
    """Above the front of a reverse card."""
    why_asked: str = "Why asked"
    """Short for `why`, on the study sheet."""
    contents: str = "Contents"
    names: str = "Names"
    """Above the study sheet's index of names in code."""
    continued: str = "continued"
    numbered: str = "numbered as in the deck"
    """Above the cheat-sheet, after the number of questions."""
    version: str = "version"
    """In the footer of pages, before the version of the corpus."""
    note: str = "Note"
    """Title of a callout without its own; so are the next four."""
    tip: str = "Tip"
    important: str = "Important"
    warning: str = "Warning"
    caution: str = "Caution"
    junior: str = "junior"
    mid: str = "mid"
    senior: str = "senior"


NAMES = tuple(field.name for field in fields(Labels))
"""Names that `[labels]` in deck.toml may have."""
ENGLISH = Labels()
_OF_LANGUAGES: Mapping[str, Labels] = {
    "ar": Labels(
        why="لماذا يُطرح السؤال",
        weak_answer="إجابة ضعيفة",
        pitfall="خطأ شائع",
        follow_up="سؤال تالٍ",
        read_more="للمزيد",
        on_paper="على الورق",
        in_one_breath="في جملة واحدة",
        details="تفاصيل",
        what_is_this="ما هذا؟",
        why_asked="لماذا",
        contents="المحتويات",
        names="الأسماء",
        continued="تابع",
        numbered="مرقّمة كما في الرزمة",
        version="الإصدار",
        note="ملاحظة",
        tip="نصيحة",
        important="مهم",
        warning="تحذير",
        caution="تنبيه",
        junior="مبتدئ",
        mid="متوسط",
        senior="متقدم",
    ),
    "de": Labels(
        why="Warum das gefragt wird",
        weak_answer="Eine schwache Antwort",
        pitfall="Stolperfalle",
        follow_up="Anschlussfrage",
        read_more="Zum Weiterlesen",
        on_paper="Auf Papier",
        in_one_breath="In einem Satz",
        details="Einzelheiten",
        what_is_this="Was ist das?",
        why_asked="Warum gefragt",
        contents="Inhalt",
        names="Namen",
        continued="Fortsetzung",
        numbered="nummeriert wie im Stapel",
        version="Version",
        note="Hinweis",
        tip="Tipp",
        important="Wichtig",
        warning="Warnung",
        caution="Vorsicht",
        junior="Einsteiger",
        mid="Fortgeschrittene",
        senior="Experten",
    ),
    "es": Labels(
        why="Por qué se pregunta",
        weak_answer="Una respuesta floja",
        pitfall="Error frecuente",
        follow_up="Pregunta siguiente",
        read_more="Para saber más",
        on_paper="En papel",
        in_one_breath="En una frase",
        details="Detalles",
        what_is_this="¿Qué es esto?",
        why_asked="Por qué",
        contents="Contenido",
        names="Nombres",
        continued="continuación",
        numbered="numeradas como en el mazo",
        version="versión",
        note="Nota",
        tip="Consejo",
        important="Importante",
        warning="Advertencia",
        caution="Precaución",
        junior="inicial",
        mid="intermedio",
        senior="avanzado",
    ),
    "fr": Labels(
        why="Pourquoi cette question",
        weak_answer="Une réponse faible",
        pitfall="Piège",
        follow_up="Question suivante",
        read_more="Pour aller plus loin",
        on_paper="Sur papier",
        in_one_breath="En une phrase",
        details="Détails",
        what_is_this="Qu’est-ce que c’est ?",
        why_asked="Pourquoi",
        contents="Sommaire",
        names="Noms",
        continued="suite",
        numbered="numérotées comme dans le paquet",
        version="version",
        note="Remarque",
        tip="Conseil",
        important="Important",
        warning="Avertissement",
        caution="Attention",
        junior="débutant",
        mid="intermédiaire",
        senior="avancé",
    ),
    "ja": Labels(
        why="質問の意図",
        weak_answer="弱い回答",
        pitfall="よくある間違い",
        follow_up="次の質問",
        read_more="参考資料",
        on_paper="紙の上では",
        in_one_breath="一文で",
        details="詳細",
        what_is_this="これは何？",
        why_asked="意図",
        contents="目次",
        names="名前",
        continued="続き",
        numbered="番号はデッキと同じ",
        version="バージョン",
        note="注記",
        tip="ヒント",
        important="重要",
        warning="警告",
        caution="注意",
        junior="初級",
        mid="中級",
        senior="上級",
    ),
    "pt": Labels(
        why="Por que se pergunta",
        weak_answer="Uma resposta fraca",
        pitfall="Erro comum",
        follow_up="Pergunta seguinte",
        read_more="Leia mais",
        on_paper="No papel",
        in_one_breath="Em uma frase",
        details="Detalhes",
        what_is_this="O que é isto?",
        why_asked="Por que",
        contents="Sumário",
        names="Nomes",
        continued="continuação",
        numbered="numeradas como no baralho",
        version="versão",
        note="Nota",
        tip="Dica",
        important="Importante",
        warning="Aviso",
        caution="Cuidado",
        junior="iniciante",
        mid="intermediário",
        senior="avançado",
    ),
    "zh": Labels(
        why="为什么问",
        weak_answer="较差的回答",
        pitfall="常见错误",
        follow_up="追问",
        read_more="延伸阅读",
        on_paper="纸上",
        in_one_breath="一句话",
        details="详情",
        what_is_this="这是什么？",
        why_asked="为什么问",
        contents="目录",
        names="名称",
        continued="续",
        numbered="编号与牌组相同",
        version="版本",
        note="备注",
        tip="提示",
        important="重要",
        warning="警告",
        caution="小心",
        junior="初级",
        mid="中级",
        senior="高级",
    ),
    "zh-Hant": Labels(
        why="為什麼問",
        weak_answer="較差的回答",
        pitfall="常見錯誤",
        follow_up="追問",
        read_more="延伸閱讀",
        on_paper="紙本",
        in_one_breath="一句話",
        details="詳情",
        what_is_this="這是什麼？",
        why_asked="為什麼問",
        contents="目錄",
        names="名稱",
        continued="續",
        numbered="編號與牌組相同",
        version="版本",
        note="備註",
        tip="提示",
        important="重要",
        warning="警告",
        caution="注意",
        junior="初級",
        mid="中級",
        senior="高級",
    ),
}
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
"""Beginnings of tags of Chinese in traditional characters."""


CALLOUTS = ("note", "tip", "important", "warning", "caution")
"""Kinds of callouts whose titles are labels: the five that code hosts know."""


def callout_titles(labels: Labels) -> Mapping[str, str]:
    """Return the titles of callouts without their own, by kind."""
    return {kind: str(getattr(labels, kind)) for kind in CALLOUTS}


LANGUAGES = ("en", *_OF_LANGUAGES)
"""Languages that have labels."""


def with_labels(language: str) -> str | None:
    """Return which of `LANGUAGES` has the labels of a language, `de` for `de-AT`; None if none has them."""
    tag = language.lower()
    found = "zh-Hant" if tag.startswith(_TRADITIONAL) else tag.partition("-")[0]
    return found if found in LANGUAGES else None


def labels_of(language: str, own: Mapping[str, str]) -> Labels:
    """Return the labels of a language, or else the English ones; an author's own replace both."""
    return replace(_OF_LANGUAGES.get(with_labels(language) or "en", ENGLISH), **own)
