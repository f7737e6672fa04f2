/** What the stand-in account holds. Times are ISO 8601, sizes as the field says. */

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Instance {
  readonly id: string;
  readonly type: string;
  readonly state: 'running' | 'stopped' | 'terminated';
  readonly zone: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  readonly launchedAt: string;
  readonly imageId: string;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly groupIds: readonly string[];
  readonly tags: readonly Tag[];
}

export interface Volume {
  readonly id: string;
  readonly sizeGiB: number;
  readonly type: 'gp2' | 'gp3' | 'io2';
  readonly zone: string;
  readonly encrypted: boolean;
  readonly createdAt: string;
  /** Missing: nothing uses the volume. */
  readonly instanceId?: string;
  readonly tags: readonly Tag[];
}

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
}

export interface IngressRule {
  readonly protocol: 'tcp' | 'udp' | '-1';
  readonly port?: number;
  readonly cidr?: string;
  readonly fromGroup?: string;
  readonly note: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly ingress: readonly IngressRule[];
  readonly tags: readonly Tag[];
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: string;
}

export interface Bucket {
  readonly name: string;
  readonly createdAt: string;
  readonly tags: readonly Tag[];
  readonly objects: readonly StoredObject[];
}

export interface LambdaFunction {
  readonly name: string;
  readonly description: string;
  readonly runtime: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly codeBytes: number;
  readonly modifiedAt: string;
  readonly tags: readonly Tag[];
}

export interface Database {
  readonly id: string;
  readonly class: string;
  readonly engine: string;
  readonly version: string;
  readonly storageGiB: number;
  readonly multiZone: boolean;
  readonly zone: string;
  readonly createdAt: string;
  readonly tags: readonly Tag[];
}

export interface Account {
  readonly accountId: string;
  /** The one region that has anything in it. */
  readonly region: string;
  readonly regions: readonly string[];
  readonly instances: readonly Instance[];
  readonly volumes: readonly Volume[];
  readonly vpcs: readonly Vpc[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly buckets: readonly Bucket[];
  readonly functions: readonly LambdaFunction[];
  readonly databases: readonly Database[];
}
