"""Writes the files that FieldsTests reads, with netCDF4, h5py and cftime: python write_fixtures.py

The fields follow formulas that the tests repeat:
    temperature(step, lat, lon) = 280 + 10 step + 0.1 lat + 0.01 (lon mod 360)      in kelvin
    index field(step, j, i)     = 100 step + 10 j + i
"""

import json

import cftime
import h5py
import netCDF4
import numpy as np

LATITUDES = np.array([10.0, 20.0, 30.0, 40.0])
LONGITUDES = np.array([0.0, 72.0, 144.0, 216.0, 288.0])
STEPS = 3


def temperature(steps, latitudes, longitudes):
    t, y, x = np.meshgrid(steps, latitudes, np.mod(longitudes, 360), indexing="ij")
    return 280 + 10 * t + 0.1 * y + 0.01 * x


def index_field(steps, ny, nx):
    t, y, x = np.meshgrid(np.arange(steps), np.arange(ny), np.arange(nx), indexing="ij")
    return 100.0 * t + 10 * y + x


def add(file, name, dimensions, values, kind="f4", fill=None, **attributes):
    variable = file.createVariable(name, kind, dimensions, fill_value=fill)
    variable.set_auto_maskandscale(False)
    variable.setncatts(attributes)
    variable[...] = values
    return variable


def axes(file, latitudes, longitudes, hours, units="hours since 2019-03-01", calendar="standard"):
    file.createDimension("time", len(hours))
    file.createDimension("latitude", len(latitudes))
    file.createDimension("longitude", len(longitudes))
    add(file, "time", ("time",), hours, "f8", units=units, calendar=calendar, standard_name="time")
    add(file, "latitude", ("latitude",), latitudes, units="degrees_north", standard_name="latitude")
    add(file, "longitude", ("longitude",), longitudes, units="degrees_east", standard_name="longitude")


def archives():
    kelvin = dict(units="K", standard_name="air_temperature")
    with netCDF4.Dataset("archive.nc", "w") as file:
        axes(file, LATITUDES, LONGITUDES, [0, 6, 12])
        add(file, "t2m", ("time", "latitude", "longitude"), temperature(range(3), LATITUDES, LONGITUDES),
            climatological_standard_deviation=7.5, **kelvin)
    # The same field: NetCDF-3, packed, another order of dimensions, latitude descending, longitude from -144.
    with netCDF4.Dataset("archive_packed.nc", "w", format="NETCDF3_CLASSIC") as file:
        longitudes = np.array([-144.0, -72.0, 0.0, 72.0, 144.0])
        axes(file, LATITUDES[::-1], longitudes, [0, 6, 12], calendar="gregorian")
        values = temperature(range(3), LATITUDES[::-1], longitudes)
        packed = np.round((values - 290) / 0.01).astype("i2")
        packed[1, 0, 2] = -32768  # step 1, latitude 40, longitude 0
        packed[2, 3, 4] = -32000  # step 2, latitude 10, longitude 144
        add(file, "tas", ("longitude", "time", "latitude"), packed.transpose(2, 0, 1), "i2", fill=-32768,
            scale_factor=0.01, add_offset=290.0, missing_value=np.int16(-32000), **kelvin)
    # Continues archive.nc, in degrees Celsius and days.
    with netCDF4.Dataset("archive_next.nc", "w", format="NETCDF3_64BIT_DATA") as file:
        axes(file, LATITUDES, LONGITUDES, [0.75, 1.0], units="days since 2019-03-01 00:00")
        add(file, "t2m", ("time", "latitude", "longitude"), temperature([3, 4], LATITUDES, LONGITUDES) - 273.15,
            units="degC", standard_name="air_temperature")
    with netCDF4.Dataset("archive_other_grid.nc", "w") as file:
        axes(file, LATITUDES + 1, LONGITUDES, [24, 30])
        add(file, "t2m", ("time", "latitude", "longitude"), temperature([3, 4], LATITUDES, LONGITUDES), **kelvin)
    with netCDF4.Dataset("archive_levels.nc", "w") as file:
        axes(file, LATITUDES, LONGITUDES, [0, 6, 12])
        file.createDimension("level", 2)
        add(file, "level", ("level",), [500, 850], "i4", units="hPa", standard_name="air_pressure", positive="down")
        values = np.stack([temperature(range(3), LATITUDES, LONGITUDES) + d for d in (-40, 0)], axis=1)
        add(file, "t", ("time", "level", "latitude", "longitude"), values, **kelvin)
        add(file, "z", ("time", "level", "latitude", "longitude"), values, units="m2 s-2", standard_name="geopotential")
    # The names of the present Climate Data Store, with unsigned bytes and a region over Greenwich.
    with netCDF4.Dataset("archive_valid_time.nc", "w") as file:
        file.createDimension("valid_time", 2)
        file.createDimension("latitude", 2)
        file.createDimension("longitude", 4)
        add(file, "number", (), 0, "i8", standard_name="realization", units="1")
        add(file, "expver", ("valid_time",), np.array(["0001", "0001"], dtype=object), str)
        add(file, "valid_time", ("valid_time",), [1551398400, 1551402000], "i8",
            units="seconds since 1970-01-01", calendar="proleptic_gregorian", standard_name="time")
        add(file, "latitude", ("latitude",), [51.0, 50.0], "f8", units="degrees_north")
        add(file, "longitude", ("longitude",), [358.0, 359.0, 0.0, 1.0], "f8", units="degrees_east")
        add(file, "tcc", ("valid_time", "latitude", "longitude"),
            np.arange(16).reshape(2, 2, 4).astype("i1") + np.int8(120), "i1", units="%", _Unsigned="true", long_name="cloud")
    with netCDF4.Dataset("archive_plane.nc", "w") as file:
        for name, length in (("time", STEPS), ("y", 3), ("x", 4)):
            file.createDimension(name, length)
        add(file, "time", ("time",), [0, 0.5, 1], "f8", units="minutes since 2000-01-01", calendar="360_day")
        for name, length in (("y", 3), ("x", 4)):
            add(file, name, (name,), np.arange(length) * 2.0, "f8", units="km", period=2.0 * length,
                standard_name=f"projection_{name}_coordinate")
        add(file, "vorticity", ("time", "y", "x"), index_field(STEPS, 3, 4), units="s-1")
    with netCDF4.Dataset("archive_ring.nc", "w") as file:
        file.createDimension("time", STEPS)
        file.createDimension("x", 4)
        add(file, "time", ("time",), [0, 1, 2], "f8", units="hours since 2000-01-01")
        add(file, "state", ("x", "time"), index_field(STEPS, 1, 4)[:, 0].T, units="1")
    with netCDF4.Dataset("archive_lorenz63.nc", "w") as file:
        file.createDimension("time", STEPS)
        add(file, "time", ("time",), [0, 1, 2], "f8", units="seconds since 2000-01-01")
        for place, name in enumerate(("x", "y", "z")):
            add(file, name, ("time",), index_field(STEPS, 1, 3)[:, 0, place], "f8", units="1")
    with netCDF4.Dataset("archive_cyclic.nc", "w") as file:
        longitudes = np.append(LONGITUDES, 360.0)
        axes(file, LATITUDES, longitudes, [0])
        add(file, "t2m", ("time", "latitude", "longitude"), temperature([0], LATITUDES, longitudes), **kelvin)
    with netCDF4.Dataset("archive_bad_time.nc", "w") as file:
        axes(file, LATITUDES, LONGITUDES, [0, 12, 6])
        add(file, "t2m", ("time", "latitude", "longitude"), temperature(range(3), LATITUDES, LONGITUDES), **kelvin)
    with netCDF4.Dataset("archive_curvilinear.nc", "w") as file:
        for name, length in (("time", 1), ("y", 2), ("x", 3)):
            file.createDimension(name, length)
        add(file, "time", ("time",), [0], "f8", units="hours since 2019-03-01")
        add(file, "lat", ("y", "x"), [[10, 11, 12], [20, 21, 22]], units="degrees_north")
        add(file, "lon", ("y", "x"), [[1, 2, 3], [4, 5, 6]], units="degrees_east")
        add(file, "t2m", ("time", "y", "x"), index_field(1, 2, 3), coordinates="lat lon", **kelvin)
    with netCDF4.Dataset("archive_record.nc", "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.createDimension("time", None)
        file.createDimension("lat", 4)
        file.createDimension("lon", 5)
        add(file, "lat", ("lat",), LATITUDES, units="degrees_north")
        add(file, "lon", ("lon",), LONGITUDES, units="degrees_east")
        add(file, "time", ("time",), [0, 6, 12], "i4", units="hours since 2019-03-01")
        add(file, "mask", ("time", "lat"), np.ones((3, 4)), "i1")
        add(file, "t2m", ("time", "lat", "lon"), temperature(range(3), LATITUDES, LONGITUDES), **kelvin)
    with netCDF4.Dataset("ensemble.nc", "w") as file:
        axes(file, LATITUDES, LONGITUDES, [0, 6, 12])
        file.createDimension("realization", 2)
        add(file, "realization", ("realization",), [0, 1], "i4", standard_name="realization", units="1")
        values = np.stack([temperature(range(3), LATITUDES, LONGITUDES) + 0.5 * m for m in range(2)], axis=1)
        add(file, "t2m", ("time", "realization", "latitude", "longitude"), values, **kelvin)
        add(file, "t2m_error", ("time", "latitude", "longitude"), np.full((3, 4, 5), 0.25), units="K",
            standard_name="air_temperature standard_error")


def plain_hdf5():
    with h5py.File("plain.h5", "w") as file:
        file["clock"] = np.array([0.0, 6.0, 12.0])
        file["clock"].attrs["units"] = "hours since 2019-03-01"
        file["grid/lat"] = LATITUDES[::-1]
        file["grid/lon"] = LONGITUDES
        values = temperature(range(3), LATITUDES[::-1], LONGITUDES)
        file.create_dataset("fields/air_temperature", data=values.transpose(1, 2, 0).astype("f4"))
        file["fields/air_temperature"].attrs["units"] = np.bytes_("K")
        # NetCDF has no half floats: only HDF5 itself reads them.
        file.create_dataset("fields/half", data=(values.transpose(1, 2, 0) - 256).astype("f2"))
        file["fields/half"].attrs["units"] = "K"
    with h5py.File("plain_points.h5", "w") as file:
        file["when"] = np.array([b"2019-03-01T00:00:00Z", b"2019-03-01T06:00:00Z", b"2019-03-01T12:00:00Z"])
        file["lat"] = np.array([50.0, 51.0, 52.0])
        file["lon"] = np.array([0.0, 1.0, 2.0])
        file["temperature"] = np.array([1.0, 2.0, 3.0])
        file["temperature"].attrs["units"] = "degC"
        file["temperature_error"] = np.array([0.5, 0.5, 0.25])


    # Dimension scales make HDF5 a NetCDF-4 file to netCDF-C, whoever wrote it.
    with h5py.File("scales.h5", "w") as file:
        for name, values, units in (("time", np.array([0, 6, 12]), "hours since 2019-03-01"),
                                    ("y", LATITUDES, "degrees_north"), ("x", LONGITUDES, "degrees_east")):
            file[name] = values
            file[name].attrs["units"] = units
            file[name].make_scale(name)
        file["deep/er/t2m"] = temperature(range(3), LATITUDES, LONGITUDES).transpose(2, 1, 0)
        file["deep/er/t2m"].attrs["units"] = "K"
        for place, name in enumerate(("x", "y", "time")):
            file["deep/er/t2m"].dims[place].attach_scale(file[name])
    with h5py.File("ioda_plain.h5", "w") as file:
        file["MetaData/latitude"] = np.array([50.0, 51.0])
        file["MetaData/longitude"] = np.array([0.0, 1.0])
        file["MetaData/dateTime"] = np.array([b"2019-03-01T00:00:00Z", b"2019-03-01T06:00:00Z"])
        file["ObsValue/airTemperature"] = np.array([280.0, 281.0], "f4")
        file["ObsValue/airTemperature"].attrs["units"] = "K"
        file["ObsError/airTemperature"] = np.array([0.5, 0.75], "f4")


def ioda():
    count = 4
    with netCDF4.Dataset("ioda.nc", "w") as file:
        file.createDimension("Location", count)
        add(file, "Location", ("Location",), np.arange(count), "i8")
        groups = {name: file.createGroup(name) for name in ("MetaData", "ObsValue", "ObsError", "PreQC", "EffectiveQC")}
        meta = groups["MetaData"]
        add(meta, "latitude", ("Location",), [50, 51, 52, 53], units="degrees_north")
        add(meta, "longitude", ("Location",), [0, 1, 359, 3], units="degrees_east")
        add(meta, "dateTime", ("Location",), 1551398400 + 3600 * np.arange(count), "i8",
            units="seconds since 1970-01-01T00:00:00Z")
        add(meta, "stationIdentification", ("Location",), np.array(["03772", "03808", "03257", "BUOY"], dtype=object), str)
        fill = np.float32(-3.3687953e38)
        add(groups["ObsValue"], "airTemperature", ("Location",), [280, 281, fill, 283], fill=fill, units="K")
        add(groups["ObsError"], "airTemperature", ("Location",), [0.5, fill, 0.5, 1.0], fill=fill, units="K")
        add(groups["PreQC"], "airTemperature", ("Location",), [0, 0, 0, 2], "i4")
        add(groups["ObsValue"], "windEastward", ("Location",), [1, 2, 3, 4], units="m s-1")
        add(groups["ObsError"], "windEastward", ("Location",), [1, 1, 1, 1], units="m s-1")
        add(groups["PreQC"], "windEastward", ("Location",), [1, 1, 1, 1], "i4")
        add(groups["EffectiveQC"], "windEastward", ("Location",), [0, 0, 10, 0], "i4")
    with netCDF4.Dataset("ioda_v1.nc", "w") as file:
        file.createDimension("nlocs", 2)
        file.createDimension("nstring", 20)
        file.date_time = np.int32(2018041500)
        add(file, "latitude@MetaData", ("nlocs",), [10, 20])
        add(file, "longitude@MetaData", ("nlocs",), [30, 40])
        times = netCDF4.stringtochar(np.array(["2018-04-14T21:00:00Z", "2018-04-15T03:00:00Z"], dtype="S20"))
        add(file, "datetime@MetaData", ("nlocs", "nstring"), times, "S1")
        add(file, "air_temperature@ObsValue", ("nlocs",), [290, 291], units="K")
        add(file, "air_temperature@ObsError", ("nlocs",), [1, 1], units="K")
        add(file, "air_temperature@PreQC", ("nlocs",), [0, 0], "i4")
    with netCDF4.Dataset("ioda_radiance.nc", "w") as file:
        file.createDimension("Location", 2)
        file.createDimension("Channel", 3)
        add(file, "Channel", ("Channel",), [4, 5, 7], "i4")
        meta, value, error, bias = (file.createGroup(name) for name in ("MetaData", "ObsValue", "ObsError", "ObsBias"))
        add(meta, "latitude", ("Location",), [10, 20])
        add(meta, "longitude", ("Location",), [30, 40])
        add(meta, "dateTime", ("Location",), [0, 60], "i8", units="seconds since 2020-01-01T00:00:00Z")
        add(value, "brightnessTemperature", ("Location", "Channel"), [[200, 210, 220], [230, 240, 250]], units="K")
        add(error, "brightnessTemperature", ("Location", "Channel"), [[1, 2, 3], [1, 2, 3]], units="K")
        add(bias, "brightnessTemperature", ("Location", "Channel"), [[0, 0, 0], [0.5, 0, 0]], units="K")


def points():
    celsius = dict(units="degC", standard_name="air_temperature")
    with netCDF4.Dataset("points.nc", "w") as file:
        file.Conventions, file.featureType = "CF-1.8", "point"
        file.createDimension("obs", 5)
        add(file, "time", ("obs",), [0, 0, 6, 6, 12], "f8", units="hours since 2019-03-01", standard_name="time")
        add(file, "lat", ("obs",), [50, 51, 50, 51, 52], units="degrees_north", standard_name="latitude")
        add(file, "lon", ("obs",), [-5, -4, -5, -4, -3], units="degrees_east", standard_name="longitude")
        add(file, "station", ("obs",), np.array(["A", "B", "A", "B", "C"], dtype=object), str, standard_name="platform_name")
        add(file, "tas", ("obs",), [1.5, 2.5, 3.5, np.nan, 5.5], coordinates="time lat lon station",
            ancillary_variables="tas_sigma tas_quality", **celsius)
        add(file, "tas_sigma", ("obs",), [0.5, 0.5, 1.0, 1.0, 0.5], units="K", standard_name="air_temperature standard_error")
        add(file, "tas_quality", ("obs",), [1, 2, 1, 1, 4], "i1", standard_name="air_temperature status_flag",
            flag_values=np.array([1, 2, 4], "i1"), flag_meanings="good_data probably_good_data not_good")
    # Names that axes have, too: t for temperature, before the time.
    with netCDF4.Dataset("points_t.nc", "w") as file:
        file.featureType = "point"
        file.createDimension("obs", 1)
        add(file, "t", ("obs",), [280], units="K")
        add(file, "time", ("obs",), [6], "f8", units="hours since 2019-03-01")
        add(file, "lat", ("obs",), [50], units="degrees_north")
        add(file, "lon", ("obs",), [1], units="degrees_east")
    series = dict(units="hours since 2019-03-01", standard_name="time")
    # Orthogonal: all stations at the same times.
    with netCDF4.Dataset("series.nc", "w") as file:
        file.featureType = "timeSeries"
        file.createDimension("station", 2)
        file.createDimension("time", 3)
        file.createDimension("name_length", 6)
        add(file, "time", ("time",), [0, 6, 12], "f8", **series)
        add(file, "lat", ("station",), [50, 51], units="degrees_north")
        add(file, "lon", ("station",), [1, 2], units="degrees_east")
        names = netCDF4.stringtochar(np.array(["HEATHR", "KEW"], dtype="S6"))
        add(file, "station_name", ("station", "name_length"), names, "S1", cf_role="timeseries_id")
        add(file, "tas", ("time", "station"), [[1, 2], [3, 4], [5, -999]], fill=-999, coordinates="lat lon station_name",
            ancillary_variables="tas_qc", **celsius)
        add(file, "tas_qc", ("time", "station"), [[0, 0], [3, 0], [0, 0]], "i1", standard_name="status_flag")
    # Incomplete: each station its own times, padded.
    with netCDF4.Dataset("series_incomplete.nc", "w") as file:
        file.featureType = "timeSeries"
        file.createDimension("station", 2)
        file.createDimension("obs", 2)
        add(file, "time", ("station", "obs"), [[0, 6], [1, -1]], "f8", fill=-1.0, **series)
        add(file, "lat", ("station",), [50, 51], units="degrees_north")
        add(file, "lon", ("station",), [1, 2], units="degrees_east")
        add(file, "tas", ("station", "obs"), [[1, 2], [3, -999]], fill=-999, coordinates="time lat lon", **celsius)
    for kind in ("contiguous", "indexed"):
        with netCDF4.Dataset(f"series_{kind}.nc", "w") as file:
            file.featureType = "timeSeries"
            file.createDimension("station", 2)
            file.createDimension("obs", 3)
            add(file, "time", ("obs",), [0, 6, 1], "f8", **series)
            add(file, "lat", ("station",), [50, 51], units="degrees_north")
            add(file, "lon", ("station",), [1, 2], units="degrees_east")
            add(file, "station_id", ("station",), [101, 102], "i4", cf_role="timeseries_id")
            if kind == "contiguous":
                add(file, "row_size", ("station",), [2, 1], "i4", sample_dimension="obs")
            else:
                add(file, "station_index", ("obs",), [0, 0, 1], "i4", instance_dimension="station")
            add(file, "tas", ("obs",), [1, 2, 3], coordinates="time lat lon", **celsius)
            add(file, "tas_error", ("station",), [0.5, 0.25], units="K")
    # A swath: latitude and longitude of each pixel, time of each scan.
    with netCDF4.Dataset("swath.nc", "w") as file:
        file.createDimension("scan", 2)
        file.createDimension("pixel", 3)
        add(file, "time", ("scan",), [0, 1], "f8", units="seconds since 2019-03-01")
        add(file, "lat", ("scan", "pixel"), [[10, 11, 12], [20, 21, 22]], units="degrees_north")
        add(file, "lon", ("scan", "pixel"), [[1, 2, 3], [4, 5, 6]], units="degrees_east")
        add(file, "sst", ("scan", "pixel"), [[290, -1, 292], [293, 294, -1]], fill=-1, units="K",
            standard_name="sea_surface_temperature", coordinates="lat lon")
    with netCDF4.Dataset("points_plane.nc", "w") as file:
        file.featureType = "point"
        file.createDimension("obs", 2)
        add(file, "time", ("obs",), [0, 30], "f8", units="minutes since 2000-01-01", calendar="360_day")
        add(file, "x", ("obs",), [1, 2], units="km", standard_name="projection_x_coordinate")
        add(file, "y", ("obs",), [3, 4], units="km", standard_name="projection_y_coordinate")
        add(file, "vorticity", ("obs",), [1e-5, 2e-5], units="s-1", coordinates="time y x")
    with netCDF4.Dataset("gridded_gaps.nc", "w") as file:
        axes(file, LATITUDES[::-1], LONGITUDES, [0, 6, 12])
        values = temperature(range(3), LATITUDES[::-1], LONGITUDES) - 273.15
        seen = np.full(values.shape, -999.0)
        for place in ((0, 0, 1), (1, 3, 4), (2, 2, 0)):
            seen[place] = values[place]
        grid = ("time", "latitude", "longitude")
        add(file, "t2m", grid, seen, fill=-999, ancillary_variables="sigma flag", **celsius)
        add(file, "sigma", grid, np.full(values.shape, 0.3), units="degC", standard_name="air_temperature standard_error")
        flag = np.zeros(values.shape)
        flag[1, 3, 4] = 2
        add(file, "flag", grid, flag, "i1", standard_name="air_temperature status_flag",
            flag_masks=np.array([1, 2], "i1"), flag_meanings="cloudy sun_glint")


def calendars():
    dates = [
        ("standard", "hours since 2019-03-01", [0, 0.5, 24, 1e6]),
        ("standard", "days since 1582-10-04", [0, 1, 2, 365.25]),
        ("standard", "days since 0001-01-01", [0, 577735.5, 700000]),
        ("gregorian", "hours since 1900-01-01 00:00:0.0", [1043832, 1043832.25]),
        ("proleptic_gregorian", "days since 1-1-1", [0, 577735, 737118.75]),
        ("proleptic_gregorian", "minutes since 2020-02-28 23:00:00 -02:30", [0, 30, 1440]),
        ("proleptic_gregorian", "seconds since 1970-01-01T00:00:00Z", [0, 951868800, -86400.5]),
        ("noleap", "days since 2000-02-28", [0, 1, 365, 10000.125]),
        ("365_day", "hours since 1850-01-01 12:00:00", [0, 12, 87600]),
        ("all_leap", "days since 2001-02-28", [0, 1, 2, 366]),
        ("366_day", "days since 2001-03-01", [-1, 0, 1]),
        ("360_day", "days since 2000-02-30", [0, 1, 330, 360, 3600.5]),
        ("360_day", "months since 2000-01-01", [0, 1, 13]),
        ("julian", "days since 1900-02-28", [0, 1, 2, 40000]),
        ("julian", "days since 1582-10-04", [0, 1]),
        ("standard", "milliseconds since 1999-12-31 23:59:59", [0, 1000, 1500]),
    ]
    rows = []
    for calendar, units, values in dates:
        for value in values:
            date = cftime.num2date(value, units, calendar)
            seconds = cftime.date2num(date, "seconds since 1970-01-01", calendar, has_year_zero=date.has_year_zero)
            text = date.isoformat(timespec="microseconds")
            rows.append({"calendar": calendar, "units": units, "value": float(value), "iso": text, "seconds": float(seconds)})
    with open("cftime.json", "w") as file:
        json.dump(rows, file, indent=0)


if __name__ == "__main__":
    archives()
    plain_hdf5()
    ioda()
    points()
    calendars()
