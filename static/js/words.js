// The words that scripts say, in the reader's language: they stand in the page's template#words.
export function words(key, values = {}) {
  const text = document.getElementById("words")?.dataset[key] ?? ""
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}
