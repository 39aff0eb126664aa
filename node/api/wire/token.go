package wire

// TokenRequest makes a personal token.
type TokenRequest struct {
	Name    string `json:"name" doc:"whose it is"`
	Role    Role   `json:"role"`
	Scope   Scope  `json:"scope"`
	Expires int64  `json:"expires,omitempty" doc:"ms UTC; none: it stays until revoked"`
}

// TokenInfo is a token without its secret.
type TokenInfo struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Role    Role   `json:"role"`
	Scope   Scope  `json:"scope"`
	Created int64  `json:"created" doc:"ms UTC"`
	Expires int64  `json:"expires,omitempty"`
	Revoked bool   `json:"revoked"`
}

// TokenSecret is a new token; its secret is not kept and never shown again.
type TokenSecret struct {
	TokenInfo
	Token string `json:"token"`
}

// TokenListing lists the tokens.
type TokenListing struct {
	Tokens []TokenInfo `json:"tokens"`
}

// TokenQuery names a token by its ID.
type TokenQuery struct {
	ID string `json:"id"`
}
