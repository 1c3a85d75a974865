import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Notice } from "../../ui/notice";
import styles from "./no-model-hint.module.css";

/** In a conversation there are messages to read: the long explanation is one step away. */
export function NoModelHint() {
  const { t } = useTranslation();
  return (
    <div className={styles.hint}>
      <Notice tone="hint" action={<Link to="/">{t("noModel.how")}</Link>}>
        {t("errors.no_model")}
      </Notice>
    </div>
  );
}
