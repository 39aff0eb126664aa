package command

import (
	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
)

func answerSignFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "key-file", Usage: "the mandate's or an officer's key `FILE`, for a move beyond the bands; it is opened in this program only"},
		passphraseFlag(),
	}
}

func answerQuery(c *call) api.AnswerQuery {
	return api.AnswerQuery{WithQuery: api.WithQuery{With: c.String("with")}, Reasons: c.StringSlice("reason")}
}

// signAnswer signs the answer that would be shared now, where one was asked for with a key and it needs a signature; nil else.
func signAnswer(c *call) ([]byte, error) {
	if c.String("key-file") == "" {
		return nil, nil
	}
	form, err := ask(c, api.ForecastAnswerForm, answerQuery(c))
	if err != nil || !form.Needed {
		return nil, err
	}
	c.note("%s", form.Text)
	key, err := c.openKey(c.String("key-file"), keys.Mandate, keys.Role)
	if err != nil {
		return nil, err
	}
	signed, err := protocol.SignDocument(key, protocol.AnswerSignature, form.Sign)
	if err != nil {
		return nil, err
	}
	return block.Marshal(desk.SignedAnswer{At: form.At, Signed: signed})
}
