/** Comments of the .proto files by full name. Made by scripts/comments.mjs. */
export const comments: Readonly<Record<string, string>> = {
  "gmqtt.auth.api.AccountService":
    "The accounts in the password file of the auth plugin.",
  "gmqtt.auth.api.AccountService.List":
    "Lists the accounts, page by page, in the order of the file.",
  "gmqtt.auth.api.AccountService.Get":
    "Shows one account.",
  "gmqtt.auth.api.AccountService.Update":
    "Gives an account another password; makes the account where there is none.",
  "gmqtt.auth.api.AccountService.Delete":
    "Deletes an account. Who is connected by it stays connected.",
  "gmqtt.auth.api.Account.username":
    "User name.",
  "gmqtt.auth.api.Account.password":
    "Password, hashed.",
  "gmqtt.auth.api.ListAccountsRequest.page_size":
    "Accounts on a page; 0: 20.",
  "gmqtt.auth.api.ListAccountsRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.auth.api.ListAccountsResponse.total_count":
    "Accounts in all.",
  "gmqtt.auth.api.GetAccountRequest.username":
    "User name.",
  "gmqtt.auth.api.UpdateAccountRequest.username":
    "User name.",
  "gmqtt.auth.api.UpdateAccountRequest.password":
    "New password, as it is typed.",
  "gmqtt.auth.api.DeleteAccountRequest.username":
    "User name.",
};
