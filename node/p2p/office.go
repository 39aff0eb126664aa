package p2p

import (
	"context"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/protocol/wire"
)

// Office is what the network asks of the node that owns it. The node implements it; this package calls it from many goroutines at
// once and never while it holds a lock of its own, so an Office may call back into [Host].
//
// A company and a partnership are named together in every question: this package has checked that the peer's proved node key
// belongs to that company and that the company is a member of that partnership, and an Office may rely on it. It must not rely on
// anything in what the peer sent.
//
// Errors. A *wire.Fault and a *feed.Error are told to the peer with their code; any other error only as UNAVAILABLE.
type Office interface {
	Directory
	Feeds
	Bodies
	Trees
	Lined
	Pairings
}

// Directory knows who may connect.
type Directory interface {
	// Links lists the other members of every partnership that this node keeps up, a removed partner not among them. It is read
	// at [Open] and at every [Host.Refresh]; at most wire.MaxPartners peers are admitted.
	Links(ctx context.Context) ([]Link, error)
}

// Link is another member of one partnership, at one of its nodes.
type Link struct {
	PID     block.CID
	Company block.CID
	// Node is the key that proves the peer: from the genesis, or a node key certified later in the company's identity chain.
	// A company with two nodes has two links.
	Node keys.Public
	// Addresses are multiaddrs of an accepted invitation, a genesis or an admin: dialled as they are. What the peer announces
	// later is dialled only when it is of a class (loopback, private, public) that is among these.
	Addresses []string
	// Channel is the partnership's channel key.
	Channel wire.ChannelKey
}

// Feeds gives and takes entries.
type Feeds interface {
	// Held is what this node holds of a partnership; see wire.HeldOf. It is asked before and after every batch and should cost little.
	Held(ctx context.Context, pid block.CID) (wire.Held, error)

	// Gather is what a member lacks of a partnership, within the bounds of a batch, and what is held at that moment; see wire.Gather. T and
	// Nonce are filled in by the caller. A node that must not show entries yet (its high-water file is not synced that far) leaves them out.
	Gather(ctx context.Context, pid, company block.CID, theirs wire.Held) (wire.Batch, error)

	// Deliver takes a batch from a member: appends the identity entries, verifies the entries (feed.Open, in parallel), stores the
	// blocks, applies patches, and admits and commits what it can, in order. It is idempotent. Entries that can't be admitted yet because blocks
	// of their bodies are not held are named in Wanted: this package fetches them and delivers the same batch again, without identities and
	// blocks. A *feed.Error says that the member sent what no node may accept: it ends the stream, is counted and told to the member.
	// Parked entries are no error.
	Deliver(ctx context.Context, pid, company block.CID, b wire.Batch) (Delivered, error)

	// PartnerHolds says what a member holds, in its own words: the acknowledgement of our feed. The numbers may be false but concern
	// nobody else; they never go back in an honest member.
	PartnerHolds(ctx context.Context, pid, company block.CID, theirs wire.Held)
}

// Delivered is what came of a batch.
type Delivered struct {
	// Fresh counts the entries admitted, and the identity entries appended, for the first time.
	Fresh int
	// Parked counts the entries that wait for their time. They are not held, so a member offers them again.
	Parked int
	// Wanted are bodies to fetch before the rest of the batch can be admitted, in the order of their entries.
	Wanted []Wanted
}

// Wanted is a body that an entry needs.
type Wanted struct {
	Entry block.CID
	Body  block.CID
	// Deep is true for a sheet, whose body is the root and all below it, and false for a document, whose body is one block.
	Deep bool
	// From names earlier bodies held, newest first, from which a patch would do.
	From []block.CID
}

// Bodies gives and takes blocks. Nothing is shared across partnerships.
type Bodies interface {
	// Body is the body of an entry of the partnership; false when the entry is not held, has none, or the company may not read it.
	Body(ctx context.Context, pid, company, entry block.CID) (root block.CID, found bool, err error)

	// Block is a block of the partnership that is held. The bytes are the caller's to read, not to change.
	Block(ctx context.Context, pid, id block.CID) (data []byte, found bool, err error)

	// StoreBlocks stores blocks whose bytes were verified. They are referenced by nothing yet.
	StoreBlocks(ctx context.Context, pid block.CID, blocks []block.Block) error

	// Patch leads from one of the earlier bodies to the body of an entry; false when there is none that fits a block.
	Patch(ctx context.Context, pid, entry block.CID, from []block.CID) (data []byte, found bool, err error)

	// ApplyPatch takes a patch for a wanted body, recomputes its root, compares, and stores the blocks. On error nothing is
	// stored, and the blocks are fetched instead.
	ApplyPatch(ctx context.Context, pid block.CID, want Wanted, data []byte) error
}

// Trees lets a member find the first row on which two states differ.
type Trees interface {
	// TreeNode is the node of this side's state tree at a path, and the settled line the tree stands at.
	TreeNode(ctx context.Context, pid block.CID, path []byte) (line int64, node *state.Node, err error)
}

// Lined lets a member find the lines in which two reports of one window differ, and opens those.
type Lined interface {
	// Lines answers about a cell of this side's report in force: nodes of the tree over its lines, or the line at a place where the
	// company has shown, by its own report, to have another or none. It opens nothing else, and no more than performance.MaxOpened of a
	// cell.
	Lines(ctx context.Context, pid, company block.CID, ask wire.LinesAsk) (wire.LinesReply, error)
}

// Pairings keeps invitations. States hold secrets: they are stored as such.
type Pairings interface {
	// Invitations lists the invitations of this node that are usable now, at most wire.MaxInvitations. It is read at [Open] and
	// at every [Host.Refresh].
	Invitations(ctx context.Context) ([]partnership.InviterState, error)

	// Party is this company as it pairs.
	Party(ctx context.Context) (partnership.Party, error)

	// Invitation reads an invitation by the ID of its token.
	Invitation(ctx context.Context, id string) (s partnership.InviterState, found bool, err error)

	// SaveInviter stores an invitation's state, durably, before what the step gave is sent. Paired is set once, when both have signed:
	// the same transaction must hold the other side's chain, the genesis, the channel key and both entries; [Directory.Links] names
	// the new partner from then on. A state that was withdrawn meanwhile must be refused.
	// The last message of a dialogue may be lost: a partner whose heads, in [Feeds.PartnerHolds], show both first entries holds both signatures,
	// and the node then finishes the invitation by itself (partnership.InviterState.Finish) and refreshes the host.
	SaveInviter(ctx context.Context, s partnership.InviterState, paired *partnership.Paired) error

	// SaveAcceptor is the same for the other side.
	SaveAcceptor(ctx context.Context, s partnership.AcceptorState, paired *partnership.Paired) error

	// ConfirmWords shows six words and returns what a person says: true when the other screen shows the same. It may take minutes
	// and ends with ctx; after an error it is asked again in the next run.
	ConfirmWords(ctx context.Context, id string, words partnership.Words) (same bool, err error)
}
