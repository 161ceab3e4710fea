// A form that is sent as soon as a choice in it changes. Its button (.no-script) shows only without script.
export function bind(form) {
  form.addEventListener("change", () => form.requestSubmit())
}
