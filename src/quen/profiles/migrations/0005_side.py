from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0004_takeover'),
    ]

    operations = [
        migrations.CreateModel(
            name='Side',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('turns', models.IntegerField()),
            ],
        ),
    ]
