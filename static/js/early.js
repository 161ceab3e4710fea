// Before the first paint: the appearance kept on this device, and the mark that script runs.
// A classic script on purpose: a module would come after the first paint, with a flash.
(() => {
  const root = document.documentElement
  root.dataset.script = "on"
  try {
    const theme = localStorage.getItem("theme")
    if (theme === "light" || theme === "dark") root.dataset.theme = theme
  } catch { /* storage is closed: the system decides */ }
})()
