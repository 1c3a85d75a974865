import { useTranslation } from "react-i18next";
import { asApiError } from "../api/api-error";
import { useErrorText } from "../i18n/use-error-text";
import { clock } from "../lib/moment";
import { Notice } from "./notice";
import { useCountdown } from "./use-countdown";

/** Why something was refused, in plain words, and for how long where it is a matter of time. */
export function Refusal({ cause }: { cause: unknown }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const error = cause ? asApiError(cause) : null;
  const wait = error?.retryAfterSeconds ?? null;
  const left = useCountdown(cause, wait);
  if (!error || error.code === "passkey_aborted") return null;
  return (
    <Notice>
      {errorText(error.code)}
      {wait !== null && (
        <>
          {" "}
          {/* A clock that is read aloud every second would drown everything else. */}
          <span role="timer" aria-live="off">
            {left > 0 ? t("auth.retryIn", { time: clock(left) }) : t("auth.retryNow")}
          </span>
        </>
      )}
    </Notice>
  );
}

/** True while the server asked for a pause that is not over. */
export function useMustWait(cause: unknown): boolean {
  return useCountdown(cause, cause ? asApiError(cause).retryAfterSeconds : null) > 0;
}
