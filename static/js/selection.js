// A list whose rows can be ticked: one box ticks all, the bar of acts says how many, Shift ticks a range.
export function bind(form) {
  const rows = [...form.querySelectorAll("[data-tick]")]
  const all = form.querySelector("[data-tick-all]")
  const bar = form.querySelector("[data-tick-bar]")
  const count = form.querySelector("[data-tick-count]")
  let last = null
  const tell = () => {
    const ticked = rows.filter(row => row.checked).length
    if (bar) bar.hidden = ticked === 0
    if (count) count.textContent = ticked
    if (all) { all.checked = ticked > 0 && ticked === rows.length; all.indeterminate = ticked > 0 && ticked < rows.length }
  }
  all?.addEventListener("change", () => { for (const row of rows) row.checked = all.checked; tell() })
  for (const row of rows) row.addEventListener("click", event => {
    if (event.shiftKey && last) {
      const [from, to] = [rows.indexOf(last), rows.indexOf(row)].sort((a, b) => a - b)
      for (const between of rows.slice(from, to + 1)) between.checked = row.checked
    }
    last = row
    tell()
  })
  tell()
}
