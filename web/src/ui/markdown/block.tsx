import { memo } from "react";
import ReactMarkdown, { type Components, type Options } from "react-markdown";
import { harden } from "rehype-harden";
import sanitize from "rehype-sanitize";
import gfm from "remark-gfm";
import { CodeBlock } from "./code-block";
import { htmlAsText } from "./html-as-text";
import { ImagePlaceholder } from "./image-placeholder";
import { MessageLink } from "./message-link";
import { schema } from "./schema";
import { ScrollableTable } from "./scrollable-table";

const remark: Options["remarkPlugins"] = [gfm, htmlAsText];
const rehype: Options["rehypePlugins"] = [
  [sanitize, schema],
  // No image is ever made of what passes here: see `img` below.
  [
    harden,
    {
      allowedLinkPrefixes: ["*"],
      allowedImagePrefixes: ["*"],
      linkBlockPolicy: "text-only",
      imageBlockPolicy: "text-only",
    },
  ],
];

const components: Components = {
  // The page has h1 and h2.
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  a: ({ href, node, children }) => (
    <MessageLink href={href} node={node}>
      {children}
    </MessageLink>
  ),
  img: ({ src, alt }) => <ImagePlaceholder src={src} alt={alt} />,
  pre: ({ node }) => <CodeBlock node={node} />,
  table: ({ children }) => <ScrollableTable>{children}</ScrollableTable>,
  input: ({ checked }) => <span aria-hidden="true">{checked ? "☑" : "☐"} </span>,
};

/** One block of markdown. It is parsed again only when its text changes. */
export const Block = memo(function Block({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={remark} rehypePlugins={rehype} components={components}>
      {text}
    </ReactMarkdown>
  );
});
