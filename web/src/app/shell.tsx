import { useParams, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { User } from "../api/wire";
import { ChatBar } from "../features/chat/chat-bar";
import { IconButton } from "../ui/icon-button";
import { useMediaQuery } from "../ui/use-media-query";
import { Drawer } from "./drawer";
import { SettingsBar } from "./settings-bar";
import styles from "./shell.module.css";
import { Sidebar } from "./sidebar";

/** The frame around every page of someone who is signed in. */
export function Shell({ user, children }: { user: User; children: ReactNode }) {
  const { t } = useTranslation();
  const { id = null } = useParams({ strict: false });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const wide = useMediaQuery("(width >= 56rem)");
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const close = () => setOpen(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a drawer has done its work when the page changes
  useEffect(close, [path]);
  const sidebar = <Sidebar user={user} currentId={id} onChosen={close} />;
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        {t("app.skip")}
      </button>
      {wide && (
        <aside className={styles.side} aria-label={t("nav.side")}>
          {sidebar}
        </aside>
      )}
      {!wide && open && <Drawer onClose={close}>{sidebar}</Drawer>}
      <div className={styles.page}>
        <header className={styles.bar}>
          {!wide && (
            <IconButton
              icon="menu"
              label={t("nav.open")}
              aria-expanded={open}
              onClick={() => setOpen(true)}
            />
          )}
          {path.startsWith("/settings") ? <SettingsBar role={user.role} /> : <ChatBar conversationId={id} />}
        </header>
        <main ref={main} tabIndex={-1} className={styles.main}>
          {children}
        </main>
      </div>
    </div>
  );
}
