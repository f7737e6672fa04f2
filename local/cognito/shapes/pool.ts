import { z } from 'zod';
import { shapes } from './members.ts';

/** The settings of a user pool, in the shape in which CreateUserPool takes them, with Cognito's defaults filled in. */

const template = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .regex(/\{####\}/);

const passwordPolicy = z.object({
  MinimumLength: shapes.integer(6, 99).default(8),
  RequireUppercase: z.boolean().default(false),
  RequireLowercase: z.boolean().default(false),
  RequireNumbers: z.boolean().default(false),
  RequireSymbols: z.boolean().default(false),
  PasswordHistorySize: shapes.integer(0, 24).optional(),
  TemporaryPasswordValidityDays: shapes.integer(0, 365).default(7),
});

export type PasswordPolicy = z.infer<typeof passwordPolicy>;

/** What a pool has whose maker said nothing about passwords. */
const STRICT: PasswordPolicy = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 7,
};

export const attribute = z.object({
  Name: shapes.text(1, 20, /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u),
  AttributeDataType: z.enum(['String', 'Number', 'DateTime', 'Boolean']).optional(),
  DeveloperOnlyAttribute: z.boolean().optional(),
  Mutable: z.boolean().optional(),
  Required: z.boolean().optional(),
  NumberAttributeConstraints: z.record(z.string(), z.string()).optional(),
  StringAttributeConstraints: z.record(z.string(), z.string()).optional(),
});

/** The attributes that every pool has, beside the sub. */
export const STANDARD_ATTRIBUTES: readonly string[] = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'email',
  'email_verified',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'phone_number',
  'phone_number_verified',
  'address',
  'updated_at',
];

const emailOrPhone = z.enum(['phone_number', 'email']);

/** What UpdateUserPool can change; a member that it leaves out goes back to its default, as at AWS. */
export const poolSettings = z.object({
  Policies: z
    .object({
      PasswordPolicy: passwordPolicy.default(STRICT),
      SignInPolicy: z
        .object({
          AllowedFirstAuthFactors: z
            .array(z.enum(['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN', 'SOFTWARE_TOKEN']))
            .min(1)
            .max(5)
            .optional(),
        })
        .optional(),
    })
    .default({ PasswordPolicy: STRICT }),
  DeletionProtection: z.enum(['ACTIVE', 'INACTIVE']).default('INACTIVE'),
  LambdaConfig: z.record(z.string(), z.unknown()).default({}),
  AutoVerifiedAttributes: z.array(emailOrPhone).optional(),
  SmsVerificationMessage: template(6, 140).optional(),
  EmailVerificationMessage: template(6, 20_000).optional(),
  EmailVerificationSubject: z.string().min(1).max(140).optional(),
  VerificationMessageTemplate: z
    .object({
      SmsMessage: template(6, 140).optional(),
      EmailMessage: template(6, 20_000).optional(),
      EmailSubject: z.string().min(1).max(140).optional(),
      EmailMessageByLink: z.string().min(6).max(20_000).optional(),
      EmailSubjectByLink: z.string().min(1).max(140).optional(),
      DefaultEmailOption: z.enum(['CONFIRM_WITH_LINK', 'CONFIRM_WITH_CODE']).default('CONFIRM_WITH_CODE'),
    })
    .default({ DefaultEmailOption: 'CONFIRM_WITH_CODE' }),
  SmsAuthenticationMessage: template(6, 140).optional(),
  MfaConfiguration: z.enum(['OFF', 'ON', 'OPTIONAL']).default('OFF'),
  UserAttributeUpdateSettings: z
    .object({ AttributesRequireVerificationBeforeUpdate: z.array(emailOrPhone).optional() })
    .optional(),
  DeviceConfiguration: z
    .object({
      ChallengeRequiredOnNewDevice: z.boolean().optional(),
      DeviceOnlyRememberedOnUserPrompt: z.boolean().optional(),
    })
    .optional(),
  EmailConfiguration: z
    .object({
      SourceArn: shapes.arn.optional(),
      ReplyToEmailAddress: z
        .string()
        .regex(/^\S+@\S+$/)
        .optional(),
      EmailSendingAccount: z.enum(['COGNITO_DEFAULT', 'DEVELOPER']).default('COGNITO_DEFAULT'),
      From: z.string().max(131_072).optional(),
      ConfigurationSet: shapes.text(1, 64, /[a-zA-Z0-9_-]+/).optional(),
    })
    .default({ EmailSendingAccount: 'COGNITO_DEFAULT' }),
  SmsConfiguration: z.record(z.string(), z.unknown()).optional(),
  UserPoolTags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  AdminCreateUserConfig: z
    .object({
      AllowAdminCreateUserOnly: z.boolean().default(false),
      UnusedAccountValidityDays: shapes.integer(0, 365).optional(),
      InviteMessageTemplate: z
        .object({
          SMSMessage: z.string().min(6).max(140).optional(),
          EmailMessage: z.string().min(6).max(20_000).optional(),
          EmailSubject: z.string().min(1).max(140).optional(),
        })
        .optional(),
    })
    .default({ AllowAdminCreateUserOnly: false }),
  UserPoolAddOns: z
    .object({
      AdvancedSecurityMode: z.enum(['OFF', 'AUDIT', 'ENFORCED']),
      AdvancedSecurityAdditionalFlows: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  AccountRecoverySetting: z
    .object({
      RecoveryMechanisms: z
        .array(
          z.object({
            Priority: shapes.integer(1, 2),
            Name: z.enum(['verified_email', 'verified_phone_number', 'admin_only']),
          }),
        )
        .min(1)
        .max(2)
        .optional(),
    })
    .optional(),
  UserPoolTier: z.enum(['LITE', 'ESSENTIALS', 'PLUS']).default('ESSENTIALS'),
});

/** What is fixed when a pool is made. */
export const poolIdentity = z.object({
  PoolName: shapes.name,
  AliasAttributes: z.array(z.enum(['phone_number', 'email', 'preferred_username'])).optional(),
  UsernameAttributes: z.array(emailOrPhone).optional(),
  Schema: z.array(attribute).min(1).max(50).optional(),
  UsernameConfiguration: z.object({ CaseSensitive: z.boolean() }).default({ CaseSensitive: false }),
});

export type PoolSettings = z.infer<typeof poolSettings>;
export type PoolIdentity = z.infer<typeof poolIdentity>;
