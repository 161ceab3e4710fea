// <button data-behaviour="copy" data-copy="#id">: copies the text or value of that element.
import * as toasts from "./toasts.js"
import * as words from "./words.js"

export function bind(button) {
  button.hidden = !navigator.clipboard
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy)
    if (!source) return
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim())
    toasts.say(words.words("copied"))
  })
}
