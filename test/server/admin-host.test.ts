import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { isOwnHost } from '#server/admin-host.ts';

const own = [
  ...['', '127.0.0.1', '127.0.0.1:7879', '10.1.2.3:7879', '[::1]', '[::1]:7879', '[fe80::1]:80'],
  ...['localhost', 'LocalHost:7879', 'a.localhost', 'heddle', 'heddle:7879', hostname()],
  ...[
    'heddle.prod.svc.cluster.local:7879',
    'box.home.arpa',
    'x.internal',
    'admin.example.com',
    'Admin.Example.com:7879',
  ],
];
const foreign = [
  ...[
    'example.com',
    'example.com:7879',
    '127.0.0.1.example.com',
    'localhost.example.com',
    'rebind.network:7879',
  ],
  ...['[::1', '[evil.com]', '[::1].evil.com', '127.0.0.1@evil.com', 'evil.com.', 'a.b:c', '1.2.3', '0x7f.1'],
];

for (const authority of own)
  test(`${JSON.stringify(authority)} may be asked for`, () =>
    assert.equal(isOwnHost(authority, 'admin.example.com'), true));
for (const authority of foreign)
  test(`${JSON.stringify(authority)} is a stranger's`, () =>
    assert.equal(isOwnHost(authority, 'admin.example.com'), false));
