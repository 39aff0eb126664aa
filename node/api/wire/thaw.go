package wire

// ThawRequest says that people have compared fingerprints with a company whose identity showed two histories.
type ThawRequest struct {
	Member      string `json:"member" doc:"CompanyID or name of the company"`
	Fingerprint string `json:"fingerprint" doc:"what its people read out by telephone"`
}

// ThawReport is the record of a second history and of who decided.
type ThawReport struct {
	Company     string `json:"company"`
	Name        string `json:"name"`
	Found       int64  `json:"found" doc:"ms UTC"`
	Thawed      int64  `json:"thawed" doc:"ms UTC"`
	By          string `json:"by" doc:"name of the token, or owner"`
	Fingerprint string `json:"fingerprint"`
	Rejected    int    `json:"rejected" doc:"entries of false histories remembered; they freeze no more"`
}
