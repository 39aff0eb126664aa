package block

// SheetType reads the type of a sheet from its root block without opening what is below. Only the form of the root is checked.
func SheetType(root []byte) (string, error) {
	var r rootBlock
	if err := Unmarshal(root, &r); err != nil {
		return "", err
	}
	return r.Type, nil
}

// Field finds a field of a block that is a map: the bytes of its value are data[from:to]. Of what stands before and in it the form is checked; found is false where the
// map has no such field.
func Field(data []byte, name string) (from, to int, found bool, err error) {
	s := scanner{data: data}
	major, n, bad := s.head()
	if bad == nil && major != 5 {
		bad = s.refuse(0, CodeShape, "the item is no map of fields")
	}
	for ; bad == nil && n > 0; n-- {
		var key []byte
		at, size := s.pos, uint64(0)
		if major, size, bad = s.head(); bad != nil {
			break
		}
		if major != 3 {
			bad = s.refuse(at, CodeKey, "a map key is not text")
			break
		}
		if key, bad = s.text(at, size); bad != nil {
			break
		}
		from = s.pos
		if bad = s.item(1); bad == nil && string(key) == name {
			return from, s.pos, true, nil
		}
	}
	if bad != nil {
		return 0, 0, false, bad
	}
	return 0, 0, false, nil
}
