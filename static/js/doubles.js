// A vendor is being typed: who may be the same is said below the box, by the server, while one goes on typing.
const WATCHED = ["name", "email", "website", "phone"]

export function bind(form) {
  let timer
  let asked = 0
  form.addEventListener("input", event => {
    if (!WATCHED.includes(event.target.name)) return
    clearTimeout(timer)
    timer = setTimeout(look, 250, event.target)
  })
  async function look(box) {
    const mine = ++asked
    const address = new URL(form.dataset.doubles, location.href)
    for (const name of WATCHED) {
      const typed = new FormData(form).get(name)
      if (typed) address.searchParams.set(name, typed)
    }
    // Without an answer nothing is said: saving asks again.
    const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null)
    const found = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null
    if (mine !== asked) return
    const places = [...form.parentElement.querySelectorAll("[data-likeness]")]
    const near = places.find(place => box.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING)
    for (const place of places) {
      place.replaceChildren(...(place === near && found ? found.body.childNodes : []))
    }
  }
}
