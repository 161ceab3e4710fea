// Fills an empty time zone with this device's own.
export function bind(box) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!zone || (box.value && !("guess" in box.dataset))) return
  if (box.matches("select") && ![...box.options].some(option => option.value === zone)) return
  box.value = zone
}
