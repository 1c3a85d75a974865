import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { mine } from "../../api/account";
import type { TwoFactor } from "../../api/account-wire";

/** Which second factors the person has, and whether the role needs one. */
export const twoFactorQuery = queryOptions({
  queryKey: ["two-factor"],
  queryFn: mine.twoFactor,
});

/** What a refusal of everything tells: one is needed and there is none. */
export const NONE_BUT_REQUIRED: TwoFactor = {
  totp: false,
  recovery_codes_left: 0,
  passkeys: [],
  required: true,
};

export function hasFactor(factors: TwoFactor): boolean {
  return factors.totp || factors.passkeys.length > 0;
}

export function mustEnrol(factors: TwoFactor | undefined): boolean {
  return factors?.required === true && !hasFactor(factors);
}

/** After a change of the factors: who one is says whether there is one. */
export async function refreshFactors(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries(twoFactorQuery),
    client.invalidateQueries({ queryKey: ["session"] }),
  ]);
}
