// An open form says so every 20 seconds, and shows who else has it open. It stands in the form whose token it sends.
const PAUSE = 20_000

export function bind(part) {
  const told = { form: part.dataset.form, csrf_token: part.closest("form").elements.csrf_token.value }
  const timer = setInterval(say, PAUSE)
  addEventListener("pagehide", leave, { once: true })
  say()

  async function say() {
    if (!part.isConnected) return leave()
    if (document.hidden) return
    try {
      const answer = await fetch(part.dataset.url, { method: "POST", credentials: "same-origin", body: new URLSearchParams(told) })
      if (!answer.ok || answer.redirected) return
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body
      if (fresh.textContent.trim() !== part.textContent.trim()) part.replaceChildren(...fresh.children)
    } catch { /* away for a moment: the next time tells */ }
  }

  function leave() {
    clearInterval(timer)
    navigator.sendBeacon(part.dataset.url, new URLSearchParams({ ...told, left: "1" }))
  }
}
