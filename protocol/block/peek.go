package block

// SheetType reads the type of a sheet from its root block without opening what is below. Only the form of the root is checked.
func SheetType(root []byte) (string, error) {
	var r rootBlock
	if err := Unmarshal(root, &r); err != nil {
		return "", err
	}
	return r.Type, nil
}
