// A form is sent once, however often its button is pressed. The button keeps its width; what is sent as a download, or
// seen again through the Back button, can be sent anew.
const ANEW = 8_000

// Marks the form as being sent and answers how to release it; null when it is being sent already.
export function begin(form, button) {
  if (form.dataset.sending) return null
  form.dataset.sending = "yes"
  button?.classList.add("htmx-request")
  return () => {
    delete form.dataset.sending
    button?.classList.remove("htmx-request")
  }
}

export function listen() {
  document.addEventListener("submit", event => {
    if (event.defaultPrevented || event.target.method !== "post") return
    const release = begin(event.target, event.submitter)
    if (!release) return event.preventDefault()
    setTimeout(release, ANEW)
    addEventListener("pageshow", release, { once: true })
  })
}
