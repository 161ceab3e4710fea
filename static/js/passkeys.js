// A button with data-behaviour="passkeys": gets a question at data-ask, has the device answer it, and sends its form with
// the answer in the box named "credential". With data-give the answer goes there first, and the form without it.
// data-refused says that no device answered, data-known that it has a key already.
import * as toasts from "./toasts.js"
import * as words from "./words.js"

export function bind(button) {
  if (!globalThis.PublicKeyCredential) { button.disabled = true; return }
  const { form } = button
  let waits = false
  button.addEventListener("click", async event => {
    event.preventDefault()
    if (waits || (!button.formNoValidate && !form.reportValidity())) return
    waits = true
    button.classList.add("htmx-request")
    const isDone = await pass(button, form)
    button.classList.remove("htmx-request")
    waits = false
    if (isDone) form.requestSubmit(button)
  })
}

async function pass(button, form) {
  const token = form.elements.csrf_token.value
  const answer = await answered(button, token)
  if (!answer) return false
  const credential = JSON.stringify(answer)
  if (button.dataset.give) return Boolean(await post(button.dataset.give, { csrf_token: token, credential }))
  form.elements.credential.value = credential
  return true
}

async function answered(button, token) {
  const question = await post(button.dataset.ask, { csrf_token: token })
  if (!question) return null
  try {
    const publicKey = opened(question)
    const key = await (publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }))
    return packed(key)
  } catch (error) {
    toasts.say(error.name === "InvalidStateError" ? button.dataset.known : button.dataset.refused, "red")
    return null
  }
}

// What the server answers; null where it refuses, which is said in its words.
async function post(address, fields) {
  try {
    const answer = await fetch(address, { method: "POST", credentials: "same-origin", body: new URLSearchParams(fields) })
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json")
    const said = isJson ? await answer.json() : {}
    if (answer.ok && isJson) return said
    toasts.say(said.words ?? words.words("broken"), "red")
  } catch {
    toasts.say(words.words("offline"), "red")
  }
  return null
}

// WebAuthn speaks in bytes, JSON in base64url.
const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), letter => letter.charCodeAt(0))
const base64url = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
const keys = list => list?.map(key => ({ ...key, id: bytes(key.id) }))

function opened({ challenge, user, allowCredentials, excludeCredentials, ...rest }) {
  const question = { ...rest, challenge: bytes(challenge) }
  if (user) question.user = { ...user, id: bytes(user.id) }
  if (allowCredentials) question.allowCredentials = keys(allowCredentials)
  if (excludeCredentials) question.excludeCredentials = keys(excludeCredentials)
  return question
}

function packed({ id, rawId, type, response }) {
  const parts = {}
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = base64url(response[name])
  }
  if (response.getTransports) parts.transports = response.getTransports()
  return { id, rawId: base64url(rawId), type, response: parts }
}
