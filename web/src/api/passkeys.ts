import { call } from "./account";
import type { Ceremony, PasskeyMade } from "./account-wire";
import { ApiError } from "./api-error";
import type { User } from "./wire";

/** Whether this browser can do passkeys on this address, with the JSON forms of WebAuthn level 3. */
export function passkeysWork(): boolean {
  return (
    // Browsers keep passkeys for a name: at an address of digits they make none.
    !/^\[|^[\d.]+$/.test(location.hostname) &&
    typeof PublicKeyCredential === "function" &&
    "parseRequestOptionsFromJSON" in PublicKeyCredential &&
    "parseCreationOptionsFromJSON" in PublicKeyCredential
  );
}

/** Whether the browser offers passkeys inside the name field. */
export async function passkeysAutofill(): Promise<boolean> {
  if (!passkeysWork()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/** With the flow of a password that was right: the second factor. Without: the whole sign-in. */
export async function signInWithPasskey(
  flow?: string,
  signal?: AbortSignal,
  mediation?: "conditional",
): Promise<User> {
  const begun = await call<Ceremony>("post", "/auth/passkeys/login/start", flow ? { flow } : {});
  const credential = await ask(begun, signal, mediation);
  return (await call<{ user: User }>("post", "/auth/passkeys/login/finish", { flow: begun.flow, credential }))
    .user;
}

export async function proveWithPasskey(): Promise<void> {
  const begun = await call<Ceremony>("post", "/auth/passkeys/prove/start");
  const credential = await ask(begun);
  await call<void>("post", "/auth/passkeys/prove/finish", { flow: begun.flow, credential });
}

export async function makePasskey(name: string): Promise<PasskeyMade> {
  const { flow, options } = await call<Ceremony>("post", "/auth/passkeys/register/start", { name });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    inner(options) as PublicKeyCredentialCreationOptionsJSON,
  );
  const made = await local(navigator.credentials.create({ publicKey }));
  return call<PasskeyMade>("post", "/auth/passkeys/register/finish", { flow, credential: made });
}

async function ask({ options }: Ceremony, signal?: AbortSignal, mediation?: "conditional"): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    inner(options) as PublicKeyCredentialRequestOptionsJSON,
  );
  return local(
    navigator.credentials.get({ publicKey, ...(signal && { signal }), ...(mediation && { mediation }) }),
  );
}

/** Some servers wrap the options as the browser's call wants them. */
function inner(options: unknown): unknown {
  return typeof options === "object" && options !== null && "publicKey" in options
    ? options.publicKey
    : options;
}

/** What the browser or the person at it refused, in words that the page knows. */
async function local(asked: Promise<Credential | null>): Promise<unknown> {
  const credential = await asked.catch((cause: unknown) => {
    const name = cause instanceof DOMException ? cause.name : "";
    const code = { InvalidStateError: "passkey_known", AbortError: "passkey_aborted" }[name];
    throw new ApiError(400, { code: code ?? "passkey_cancelled", detail: String(cause) });
  });
  if (!(credential instanceof PublicKeyCredential)) throw new ApiError(400, { code: "passkey_cancelled" });
  return credential.toJSON();
}
