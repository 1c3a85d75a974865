import { useState } from "react";
import { useTranslation } from "react-i18next";
import { inFragment, useFragment } from "../features/auth/fragment";
import { useErrorText } from "../i18n/use-error-text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";

/** Somebody who is signed in comes back from a provider without what they went for: why, over the page they left. */
export function ProviderFault() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const fault = inFragment(useFragment(), "error");
  const [seen, setSeen] = useState(false);
  if (fault === undefined || seen) return null;
  const close = () => setSeen(true);
  return (
    <Dialog
      title={t("auth.providerFaultTitle")}
      onClose={close}
      focus="title"
      actions={
        <Button look="primary" onClick={close}>
          {t("app.close")}
        </Button>
      }
    >
      <p>{errorText(fault)}</p>
    </Dialog>
  );
}
