import type { Deployment } from './deployment.ts';
import type { NewFile } from './new-files.ts';

/**
 * The units by which systemd holds the port and runs the server.
 * @param deployment what is to be run
 * @param program the Node to run it with and the entry of heddle's command, absolute
 */
export function systemdUnits(
  deployment: Deployment,
  program: readonly [node: string, entry: string],
): readonly NewFile[] {
  const { name } = deployment;
  return [
    { name: `${name}.service`, text: serviceUnit(deployment, program) },
    { name: `${name}.socket`, text: socketUnit(name) },
  ];
}

function serviceUnit({ name, root, target }: Deployment, program: readonly string[]): string {
  const command = [...program, ...(target === undefined ? [] : [target])].map(quoted).join(' ');
  return `# By "heddle init systemd". It is yours: change what you like.
[Unit]
Description=${name}, served by heddle
After=network.target
Requires=${name}.socket
# One that fails is tried again and again; with a limit, systemd would give up the port too.
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory=${literal(root)}
ExecStart=${command}
# Loads the app anew, without a gap.
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=1s
# The server alone is asked to end, and has longer than --drain-timeout (10 s) for it.
KillMode=mixed
TimeoutStopSec=20s
# One for each connection; as many as systemd lets a service have.
LimitNOFILE=524288
# Compiled code, which makes the next start faster. Nobody else writes there.
CacheDirectory=${name}
Environment=NODE_COMPILE_CACHE=%C/${name}
# systemd reads such a file as root, so that nobody else needs to be able to:
#EnvironmentFile=/etc/${name}.env

# A user of its own, that owns nothing; all is read-only but its cache and a /tmp of its own. It has to be able to read
# the folder, and Node.
DynamicUser=yes
NoNewPrivileges=yes
ProtectSystem=strict
${homeLine(root, ...program)}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
CapabilityBoundingSet=
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
# Not MemoryDenyWriteExecute=: V8 makes machine code while it runs.

[Install]
WantedBy=multi-user.target
Also=${name}.socket
`;
}

function socketUnit(name: string): string {
  return `# By "heddle init systemd". systemd holds the port: whoever connects while the server starts anew waits, and is served.
[Unit]
Description=The port of ${name}

[Socket]
# 7878 alone listens on every address, 80 needs no privilege of the server's.
ListenStream=127.0.0.1:7878
Backlog=4096

[Install]
WantedBy=sockets.target
`;
}

function homeLine(...paths: readonly string[]): string {
  const isAtHome = paths.some((path) => /^\/(?:home|root|run\/user)\//.test(`${path}/`));
  return `ProtectHome=${isAtHome ? 'read-only' : 'yes'}`;
}

/** A word of a command line of systemd's, see systemd.service(5). */
function quoted(word: string): string {
  const text = literal(word).replaceAll('$', '$$$$');
  return /^[\p{L}\p{N}_@%+=:,./$-]+$/u.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A percent sign begins what systemd replaces. */
function literal(text: string): string {
  return text.replaceAll('%', '%%');
}
