// The words that scripts say, and the one icon they draw, in the reader's language: they stand in the page's template#words.
export function words(key, values = {}) {
  const text = document.getElementById("words")?.dataset[key] ?? ""
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

export function cross() {
  return document.getElementById("words").content.cloneNode(true)
}
