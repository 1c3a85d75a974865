import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { keysQuery } from "./queries";

/** For somebody who does not know which of their keys was seen. */
export function RevokeKeys() {
  const t = useAccountText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const done = () => {
    setAsking(false);
    void client.invalidateQueries(keysQuery);
  };
  return (
    <>
      <Button icon="trash" onClick={() => setAsking(true)}>
        {t("keys.revokeAll")}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t("keys.revokeAllTitle")}
          confirm={t("keys.revokeAll")}
          action={mine.removeKeys}
          onDone={done}
          onClose={() => setAsking(false)}
        >
          {t("keys.revokeAllText")}
        </ConfirmDialog>
      )}
    </>
  );
}
