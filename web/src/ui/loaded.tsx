import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";
import styles from "./loaded.module.css";
import { Refusal } from "./refusal";

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, "data" | "isError" | "error"> & { refetch: () => unknown };
  children: (data: T) => ReactNode;
}

/** What a query brought; until then that it is coming, or why it did not. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const { t } = useTranslation();
  if (query.data !== undefined) return children(query.data);
  if (query.isError) {
    return (
      <div className={styles.fault}>
        <Refusal cause={query.error} />
        <Button icon="retry" onClick={() => void query.refetch()}>
          {t("chat.reload")}
        </Button>
      </div>
    );
  }
  return <p className={styles.coming}>{t("app.loading")}</p>;
}
