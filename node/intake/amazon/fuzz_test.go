package amazon

import (
	"testing"

	"kontor/node/intake/intaketest"
)

func FuzzRead(f *testing.F) {
	intaketest.Fuzz(f, Read,
		"{\"reportSpecification\":{\"reportType\":\"GET_VENDOR_FORECASTING_REPORT\",\"marketplaceIds\":[\"ATVPDKIKX0DER\"]},\"forecastByAsin\":[\n{\"forecastGenerationDate\":\"2026-01-04\",\"asin\":\"B000123456\",\"startDate\":\"2026-01-11\",\"endDate\":\"2026-01-17\",\"meanForecastUnits\":12.5,\"p70ForecastUnits\":14,\"p80ForecastUnits\":16.25,\"p90ForecastUnits\":19},\n{\"forecastGenerationDate\":\"2026-01-04\",\"asin\":\"B000123456\",\"startDate\":\"2026-01-04\",\"endDate\":\"2026-01-10\",\"meanForecastUnits\":10,\"p70ForecastUnits\":11,\"p80ForecastUnits\":12,\"p90ForecastUnits\":13}]}",
		"forecastGenerationDate,asin,startDate,endDate,meanForecastUnits,p70ForecastUnits,p80ForecastUnits,p90ForecastUnits\n2026-11-22,B0,2026-11-22,2026-11-28,120.4,138,151.5,180\n",
		"Program=[Retail],\"Forecasting statistic=[Mean]\",\"Locale=[en_US]\"\n\"ASIN\",\"Week 0 (11/22/2026 - 11/28/2026)\",\"Week 1 (11/29/2026 - 12/5/2026)\"\n\"B0\",\"1,210\",\"\"\n",
	)
}
