import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import type { User } from "../api/wire";
import { twoFactorQuery } from "../features/account/two-factor";
import { readSearch } from "../features/audit/search";
import { sessionQuery } from "../features/auth/session";
import { ConversationPage } from "../features/chat/conversation-page";
import { NewChatPage } from "../features/chat/new-chat-page";
import { FailurePage, NotFoundPage } from "./failure-page";
import { KeptDrafts } from "./kept-drafts";
import { LoadingPage } from "./loading-page";
import { SettingsFrame } from "./settings-frame";
import { SignedIn } from "./signed-in";

const root = createRootRouteWithContext<{ client: QueryClient; drafts: KeptDrafts }>()({
  component: Outlet,
  errorComponent: FailurePage,
  notFoundComponent: NotFoundPage,
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    const user = await context.client.ensureQueryData(sessionQuery);
    if (!user) throw redirect({ to: "/sign-in", search: { next: location.pathname }, replace: true });
    // Before anything is shown: who must enrol may do nothing else. A server that cannot say refuses what follows.
    if (!user.two_factor) await context.client.ensureQueryData(twoFactorQuery).catch(() => undefined);
    return { user };
  },
  component: SignedIn,
  pendingComponent: LoadingPage,
});

const newChat = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { model?: string } =>
    typeof search["model"] === "string" ? { model: search["model"] } : {},
  component: function NewChat() {
    const { user } = signedIn.useRouteContext();
    return <NewChatPage username={user.username} />;
  },
});

const conversation = createRoute({
  getParentRoute: () => signedIn,
  path: "/c/$id",
  component: function Conversation() {
    const { id } = conversation.useParams();
    return <ConversationPage key={id} id={id} />;
  },
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  component: SettingsFrame,
});

const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/security", replace: true });
  },
});

const security = createRoute({
  getParentRoute: () => settings,
  path: "/security",
  component: lazyRouteComponent(() => import("../features/account/security-page"), "SecurityPage"),
});

/** For those who look after the installation; the server refuses the others. */
function onlyAdmins({ context }: { context: { user: User } }): void {
  if (context.user.role === "user") throw redirect({ to: "/settings/security", replace: true });
}

const people = createRoute({
  getParentRoute: () => settings,
  path: "/people",
  beforeLoad: onlyAdmins,
  component: lazyRouteComponent(() => import("../features/admin/people-page"), "PeoplePage"),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  validateSearch: readSearch,
  beforeLoad: onlyAdmins,
  component: lazyRouteComponent(() => import("../features/audit/audit-page"), "AuditPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    isOwnPath(search["next"]) ? { next: search["next"] } : {},
  component: lazyRouteComponent(() => import("../features/auth/sign-in-page"), "SignInPage"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(() => import("../features/auth/register-page"), "RegisterPage"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("../features/auth/join-page"), "JoinPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/auth/setup-page"), "SetupPage"),
});

const tree = root.addChildren([
  signedIn.addChildren([
    newChat,
    conversation,
    settings.addChildren([settingsStart, security, people, audit]),
  ]),
  ...[signIn, register, join, setup],
]);

/** A page of ours, never another site (`//host` is one). */
function isOwnPath(path: unknown): path is string {
  return typeof path === "string" && /^\/(?![/\\])/.test(path);
}

/** `history` is the browser's unless a test gives another. */
export function newRouter(client: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: tree,
    context: { client, drafts: new KeptDrafts() },
    ...(history && { history }),
    defaultPreload: false,
    defaultPendingMs: 300,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
