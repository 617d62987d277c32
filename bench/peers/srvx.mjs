import { serve } from 'srvx';
import app from './fetch-app.mjs';

serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', silent: true, fetch: app.fetch });
