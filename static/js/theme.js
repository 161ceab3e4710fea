// Appearance: System, Light or Dark, kept on this device.
export function bind(group) {
  const root = document.documentElement
  const buttons = [...group.querySelectorAll("button")]
  const show = value => {
    if (value) root.dataset.theme = value
    else delete root.dataset.theme
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === value)
  }
  show(root.dataset.theme ?? "")
  group.addEventListener("click", event => {
    const button = event.target.closest("button")
    if (!button) return
    show(button.value)
    try { localStorage.setItem("theme", button.value) } catch { /* kept for this page only */ }
  })
}
