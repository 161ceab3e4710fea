// A long list of questions says how many of them are answered, as one goes.
export function bind(form) {
  const said = form.querySelector("[data-answered]")
  const bar = form.querySelector("[data-answered-bar]")
  const all = new Set([...form.querySelectorAll("input[type=radio]")].map(radio => radio.name)).size
  const tell = () => {
    const some = form.querySelectorAll("input[type=radio]:checked").length
    said.textContent = said.dataset.words.replace("{some}", some).replace("{all}", all)
    bar.setAttribute("width", `${(some / all) * 100}%`)
  }
  form.addEventListener("change", tell)
  // Coming back to the page, the browser chooses again what was chosen.
  addEventListener("pageshow", tell)
}
