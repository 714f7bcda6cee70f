/** How to replace a secret, by the rule that recognizes it. */
const ROTATION: Readonly<Record<string, string>> = {
  aws: 'Create a new access key in IAM, deploy it, then deactivate and delete this one.',
  gcp: 'Create a new key of the service account, deploy it, then delete this one in IAM.',
  privatekey: 'Generate a new key pair, deploy it, then remove the public key or revoke the certificate of this one.',
  npm: 'Revoke the token in the access tokens of the npm account, and create a new one.',
  basicauth: 'Change the password of this user at that host.',
  'database-connection-string': 'Change the password of this database role, and deploy the new connection string.',
  slack: 'Revoke the token or webhook in the settings of the Slack app, and create a new one.',
  sendgrid: 'Delete the API key in the settings of SendGrid, and create a new one.',
  shopify: 'Rotate the credentials of the app in the Shopify admin or Partner dashboard.',
  stripe: 'Roll the key in the API keys of the Stripe dashboard.',
  github: 'Revoke the token in the developer settings of GitHub, and create a new one.',
  gitlab: 'Revoke the token in the access tokens of GitLab, and create a new one.',
  openai: 'Revoke the key in the API keys of the OpenAI project, and create a new one.',
  anthropic: 'Disable the key in the API keys of the Anthropic console, and create a new one.',
  'hashicorp-vault': 'Revoke the token with vault token revoke, and issue a new one.',
  vercel: 'Delete the token in the settings of the Vercel account, and create a new one.',
  docker: 'Delete the access token in the account settings of Docker Hub, and create a new one.',
  cloudflare: 'Roll the token in the API tokens of the Cloudflare profile.',
  tailscale: 'Revoke the key in the settings of the tailnet, and generate a new one.',
};

const OTHERWISE = 'Revoke the secret where it was issued, and create a new one.';

export function rotationOf(rule: string): string {
  return ROTATION[rule] ?? OTHERWISE;
}
