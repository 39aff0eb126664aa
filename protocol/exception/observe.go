package exception

import (
	"cmp"
	"slices"
)

// Observe takes a look at causes that name themselves: the ID of what is found follows from its cause alone, so that whoever looks, and whenever, gives
// it the same name. What is found again goes on under its track, also where it had gone; what is not found any more is gone. The order of tracks is that of
// raising, then of identity; of more than [MaxPast] that are gone the first are forgotten.
//
// A deadline stands as it was raised, unless the cause moves it forward or the trouble grew after it had passed.
func Observe(tracks []Track, t int64, found []Exception) []Track {
	now := map[ID]Exception{}
	for _, e := range found {
		now[e.ID] = e
	}
	at := Moment{T: t}
	out := make([]Track, 0, len(tracks)+len(found))
	for _, k := range tracks {
		e, here := now[k.ID]
		delete(now, k.ID)
		switch {
		case here && k.Gone != nil: // it is back, and is another matter: nobody has dealt with it since
			k = Track{ID: k.ID, Raised: at, Returned: true, Seen: []Sighting{{at, e}}}
		case here:
			k = k.sees(at, e)
		case k.Gone == nil:
			k.Gone = &Moment{T: t}
		}
		out = append(out, k)
	}
	for _, e := range now {
		out = append(out, Track{ID: e.ID, Raised: at, Seen: []Sighting{{at, e}}})
	}
	slices.SortFunc(out, func(a, b Track) int {
		return cmp.Or(cmp.Compare(a.Raised.T, b.Raised.T), slices.Compare(a.ID[:], b.ID[:]))
	})
	return forget(out)
}
