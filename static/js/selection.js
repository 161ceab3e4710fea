// A list whose rows can be ticked: one box ticks all, the bar of acts says how many. Shift with a click or an arrow
// ticks a range; the arrows go from box to box.
export function bind(form) {
  const rows = [...form.querySelectorAll("[data-tick]")]
  const all = form.querySelector("[data-tick-all]")
  const bar = form.querySelector("[data-tick-bar]")
  const count = form.querySelector("[data-tick-count]")
  const scope = form.querySelector("[data-tick-scope]")
  let last = null
  const tell = () => {
    const ticked = rows.filter(row => row.checked).length
    if (bar) bar.hidden = ticked === 0 && !scope?.checked
    if (count) { count.hidden = false; count.textContent = ticked }
    if (all) { all.checked = ticked > 0 && ticked === rows.length; all.indeterminate = ticked > 0 && ticked < rows.length }
  }
  all?.addEventListener("change", () => { for (const row of rows) row.checked = all.checked; tell() })
  scope?.addEventListener("change", tell)
  const range = row => {
    const [from, to] = [rows.indexOf(last), rows.indexOf(row)].sort((a, b) => a - b)
    for (const between of rows.slice(from, to + 1)) between.checked = row.checked
  }
  for (const row of rows) {
    row.addEventListener("click", event => {
      if (event.shiftKey && last) range(row)
      last = row
      tell()
    })
    row.addEventListener("keydown", event => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      const next = step && rows[rows.indexOf(row) + step]
      if (!next || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      next.focus()
      if (!event.shiftKey) return
      row.checked = next.checked = true
      last = next
      tell()
    })
  }
  // Coming back to the page, the browser ticks again what was ticked.
  addEventListener("pageshow", tell)
  tell()
}
