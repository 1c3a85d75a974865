import { useTranslation } from "react-i18next";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";

/** In the place of a text that the server could not open. An answer may be asked for again. */
export function DamagedMessage({ onRetry }: { onRetry?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const action = onRetry && (
    <Button icon="retry" onClick={onRetry}>
      {t("chat.tryAgain")}
    </Button>
  );
  return (
    <Notice tone="hint" action={action}>
      <p>{t("chat.damaged")}</p>
    </Notice>
  );
}
