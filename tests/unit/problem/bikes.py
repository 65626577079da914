"""A sound specification, to be spoilt by tests."""

TEXT = """\
version: 1
problem: bikes
task: binary
entities: {ride: [ride]}
event_time: starts + late minutes
target: {name: long, expr: minutes > 30, known_at: event_time + minutes minutes}
datasets:
  rides:
    role: events
    columns:
      ride: integer
      starts: timestamp
      late: number
      station: string
      weekend: boolean
      minutes: number?
      kind: {type: string, values: [NO, NA2]}
  weather:
    key: [station]
    time: hour
    every: 1h
    columns: {station: string, hour: timestamp, wind: number, "gust.max": number}
exclude: [minutes]
features:
  request: [kind]
  join: [weather.wind]
  windows:
    - {name: station_long, by: [station], rate: long, over: 7d}
promote: {metric: roc_auc, at_least: 0.6, slices: [kind]}
"""
