// A long list of questions says how many of them are answered, as one goes. What was missing is put right by an answer:
// its mistake goes, and its line on top of the form.
export function bind(form) {
  const said = form.querySelector("[data-answered]")
  const bar = form.querySelector("[data-answered-bar]")
  const all = new Set([...form.querySelectorAll("input[type=radio]")].map(radio => radio.name)).size
  const tell = () => {
    const answered = form.querySelectorAll("input[type=radio]:checked")
    said.textContent = said.dataset.words.replace("{some}", answered.length).replace("{all}", all)
    bar.setAttribute("width", `${(answered.length / all) * 100}%`)
    for (const radio of answered) putRight(form, radio.closest("fieldset.bad"))
  }
  form.addEventListener("change", tell)
  // Coming back to the page, the browser chooses again what was chosen.
  addEventListener("pageshow", tell)
}

function putRight(form, question) {
  if (!question) return
  const mistake = question.querySelector(".error")
  const left = (question.getAttribute("aria-describedby") ?? "").split(" ").filter(id => id && id !== mistake?.id)
  question.classList.remove("bad")
  if (left.length) question.setAttribute("aria-describedby", left.join(" "))
  else question.removeAttribute("aria-describedby")
  for (const radio of question.querySelectorAll("[aria-invalid]")) radio.removeAttribute("aria-invalid")
  mistake?.remove()
  takeOff(form, question.id)
}

function takeOff(form, id) {
  const summary = form.querySelector(".error-summary")
  if (!summary) return
  // It was read out when it came; what is left of it is not read out again at each answer.
  summary.removeAttribute("role")
  summary.querySelector(`a[href="#${CSS.escape(id)}"]`)?.closest("li").remove()
  const left = summary.querySelectorAll("li").length
  if (!left) return summary.remove()
  summary.querySelector("h2").textContent = left === 1 ? form.dataset.one : form.dataset.many.replace("{num}", left)
}
