import { useMutation } from "@tanstack/react-query";
import type { MouseEvent } from "react";
import { audit } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { Icon } from "../../ui/icon";
import { Refusal } from "../../ui/refusal";
import styles from "./export-link.module.css";
import { toFilter } from "./filter";
import type { AuditSearch } from "./search";

/** All that matches, as a file. The browser downloads it by itself, so that a long trail needs no memory. */
export function ExportLink({ search }: { search: AuditSearch }) {
  const t = useAccountText();
  // A download cannot renew a session that ran out; this can.
  const { mutate, error } = useMutation({ mutationFn: audit.status, onSuccess: () => download(search) });
  const choose = (event: MouseEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <div className={styles.export}>
      <a
        className={styles.link}
        href={pathOf(search)}
        title={t("audit.exportHint")}
        download
        onClick={choose}
      >
        <Icon name="down" size={16} />
        {t("audit.export")}
      </a>
      <Refusal cause={error} />
    </div>
  );
}

const pathOf = (search: AuditSearch) => audit.exportPath(toFilter(search, Date.now()));

function download(search: AuditSearch): void {
  const link = document.createElement("a");
  link.href = pathOf(search);
  link.download = "";
  link.click();
}
