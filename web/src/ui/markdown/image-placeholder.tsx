import { useTranslation } from "react-i18next";
import { safeLink } from "../../lib/link";
import { Icon } from "../icon";
import styles from "./image-placeholder.module.css";

interface ImagePlaceholderProps {
  src: unknown;
  alt: string | undefined;
}

/** Stands for an image that a message names: loading it would tell its host what was written here. */
export function ImagePlaceholder({ src, alt }: ImagePlaceholderProps) {
  const { t } = useTranslation();
  const link = safeLink(typeof src === "string" ? src : undefined);
  const text = [alt, link?.host].filter(Boolean).join(" · ");
  const content = (
    <>
      <Icon name="image" size={16} />
      {t("chat.image", { text })}
    </>
  );
  if (!link) return <span className={styles.image}>{content}</span>;
  return (
    <a className={styles.image} href={link.href} title={link.href} target="_blank" rel="noopener noreferrer">
      {content}
    </a>
  );
}
