// Fills an empty time zone with this device's own.
export function bind(box) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!zone || (box.value && !("guess" in box.dataset))) return
  const known = box.matches("select") ? sameZone([...box.options].map(option => option.value), zone) : zone
  if (known) box.value = known
}

// A browser may call its zone by a name of former days, such as Asia/Calcutta: then it calls ours so as well.
function sameZone(names, zone) {
  return names.includes(zone) ? zone : names.find(name => nameHere(name) === zone)
}

function nameHere(name) {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return ""
  }
}
