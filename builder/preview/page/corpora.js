// The corpora as the server last told them, and the cards that were fetched.

// All addresses begin with the secret part of the page's own.
export const ROOT = new URL(".", location.href).pathname;

export let state = {
  corpora: [], printed: [], proofs: [], kinds: [], faults: [], editor: "", look: "", session: 0, folder: "",
};
const fetched = new Map();

export async function load() {
  state = await (await fetch(`${ROOT}state`)).json();
  for (const corpus of state.corpora) for (const chapter of corpus.chapters) prepare(chapter);
  return state;
}

function prepare(chapter) {
  for (const question of chapter.questions) {
    question.file = chapter.file;
    question.chapter = chapter.slug;
    question.searched = plain(`${question.number} ${question.id} ${question.prompt} ${question.words}`);
  }
}

/* A text for searches: without case, marks such as vowels of Arabic and Hebrew, joiners and stretched letters. */
export function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}\u0640]/gu, "")
    .toLowerCase();
}

export function follow(news) {
  const corpus = state.corpora[news.corpus];
  const chapters = new Map(corpus.chapters.map((chapter) => [chapter.key, chapter]));
  for (const chapter of news.chapters) {
    prepare(chapter);
    chapters.set(chapter.key, chapter);
  }
  corpus.title = news.title;
  corpus.chapters = news.order.map((key) => chapters.get(key));
  corpus.findings = news.findings;
  for (const [id, cards] of Object.entries(news.cards)) fetched.set(`${news.corpus}/${id}`, Promise.resolve(cards));
}

export function followProof(news) {
  const place = state.proofs.findIndex((proof) => proof.corpus === news.corpus && proof.name === news.name);
  state.proofs[place] = news;
}

// The sides of a question's cards, by ordinal, as of a digest.
export async function cardsOf(key, digest) {
  const [corpus, id] = key.split("/");
  let cards = await fetched.get(key);
  if (cards?.digest !== digest) {
    const loading = fetch(`${ROOT}${corpus}/cards/${encodeURIComponent(id)}`).then((answer) => answer.json());
    fetched.set(key, loading);
    loading.catch(() => fetched.delete(key));
    cards = await loading;
  }
  return new Map(cards.cards.map((card) => [card.ordinal, card]));
}

export function* questions() {
  for (const [index, corpus] of state.corpora.entries())
    for (const chapter of corpus.chapters)
      for (const question of chapter.questions) yield [`${index}/${question.id || `${question.file}:${question.line}`}`, question, chapter, corpus];
}

export function findingsOf(corpus, question) {
  return corpus.findings.filter(
    (finding) =>
      finding.file === question.file && (finding.question ? finding.question === question.id : finding.line === question.line),
  );
}

export function absolute(file) {
  return file.startsWith("/") || /^[A-Za-z]:/.test(file) ? file : `${state.folder}/${file}`;
}

// vscode://file/{path} and file://{path} both mean one slash before a path that begins with one.
export function editorAddress(file, line, column = 1) {
  const path = encodeURI(absolute(file));
  const values = { line, column };
  return state.editor
    .replace(/(?<!:\/)\/\{path\}/g, () => (path.startsWith("/") ? path : `/${path}`))
    .replace(/\{path\}/g, () => path)
    .replace(/\{(line|column)\}/g, (_, name) => values[name]);
}
