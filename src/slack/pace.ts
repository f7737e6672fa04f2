export { createBell, type Pause, until } from '../turns/pace.ts';
