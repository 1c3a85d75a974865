import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { User } from "../api/wire";
import { signOut } from "../features/auth/session";
import { ConversationList } from "../features/chat/conversation-list";
import { useLiveState } from "../features/chat/live-context";
import { Icon } from "../ui/icon";
import { IconButton } from "../ui/icon-button";
import { LanguageSwitch } from "../ui/language-switch";
import { Orb } from "../ui/orb";
import styles from "./sidebar.module.css";

interface SidebarProps {
  user: User;
  currentId: string | null;
  /** A choice was made, even if it leads to where the reader is already. */
  onChosen: () => void;
}

export function Sidebar({ user, currentId, onChosen }: SidebarProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { connection } = useLiveState();
  return (
    <div className={styles.sidebar}>
      <div className={styles.brand}>
        <Orb state={connection === "offline" ? "offline" : "idle"} />
        <span className={styles.name}>{t("app.name")}</span>
      </div>
      <Link to="/" className={styles.new} onClick={onChosen}>
        <Icon name="plus" size={16} />
        {t("nav.new")}
      </Link>
      <ConversationList currentId={currentId} />
      <footer className={styles.foot}>
        <Link
          to="/settings/security"
          className={styles.user}
          title={user.email}
          aria-label={t("settings.open", { name: user.username })}
          onClick={onChosen}
        >
          <Icon name="gear" size={16} />
          <span>{user.username}</span>
        </Link>
        <LanguageSwitch />
        <IconButton icon="leave" label={t("nav.signOut")} onClick={() => void signOut(client)} />
      </footer>
    </div>
  );
}
